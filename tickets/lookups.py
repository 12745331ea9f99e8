"""Things of tickets by what a program calls them (interfaces.md section 2)."""

from uuid import UUID

from tickets.models import Category


def category_named(text: str) -> Category | None:
    """By id, or by a name that only one category has."""
    try:
        return Category.objects.filter(pk=UUID(text)).first()
    except ValueError:
        found = list(Category.objects.filter(name__iexact=text.strip())[:2])
        return found[0] if len(found) == 1 else None
