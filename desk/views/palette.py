from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.auth import AgentRequest, agent_required
from desk.actions.palette import found, remembered
from desk.searching import words_in


@never_cache
@require_GET
@agent_required
def palette(request: AgentRequest) -> HttpResponse:
    """What the palette offers beside the actions of its page: without `q` what it remembers, with `q` what is found.

    Without a script nobody comes here: the link that stands for the palette opens the search.
    """
    query = words_in(request)
    return JsonResponse(found(request.agent, query) if query else remembered(request.agent))
