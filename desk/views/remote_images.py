"""Images of mails from elsewhere, handed on to the frame that shows the mail."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from connectors.mail.remote_images import ImageNotFetched, NotOurAddress, TooMuchFetched, image_for
from desk.mail_frames import FILE_POLICY


@require_GET
def remote_image(request: HttpRequest, token: str) -> HttpResponse:
    """The frame sends no cookie: its signed address alone says that somebody may see this image for a while."""
    try:
        image = image_for(token)
    except NotOurAddress as error:
        raise Http404 from error
    except ImageNotFetched:
        return _answer(HttpResponse(status=404), seconds=60)
    except TooMuchFetched:
        return _answer(HttpResponse(status=429, headers={"Retry-After": "60"}), seconds=0)
    return _answer(HttpResponse(image.content, content_type=image.content_type), seconds=3600)


def _answer(response: HttpResponse, *, seconds: int) -> HttpResponse:
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = f"private, max-age={seconds}" if seconds else "no-store"
    return response
