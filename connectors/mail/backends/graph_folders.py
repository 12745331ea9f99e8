"""Folders of a mailbox in Microsoft 365, by what people call them."""

from connectors.base.failures import Gone
from connectors.base.sentences import Said
from connectors.mail.backends.graph_settings import WELL_KNOWN, alike
from connectors.microsoft365.graph import Graph

ALL_FOLDERS = "/users/{user-id}/mailFolders"
FOLDER = "/users/{user-id}/mailFolders/{mailFolder-id}"
LIKELY_AN_ID = 60
"""Characters from which on a name is taken for an id; names are never that long in practice."""


class Folders:
    def __init__(self, graph: Graph, user: str, found: dict[str, str]) -> None:
        """`found` are ids by name, as far as they are known already."""
        self._graph, self._user, self.found = graph, user, found

    def id_of(self, name: str) -> str:
        """By a well-known name, a name beside the inbox, or an id. Raises Gone, or another `Failure`."""
        if alike(name) in WELL_KNOWN or len(name) >= LIKELY_AN_ID:
            return alike(name) if alike(name) in WELL_KNOWN else name
        if name not in self.found:
            quoted = name.replace("'", "''")
            query = {"$filter": f"displayName eq '{quoted}'", "$select": "id,displayName"}
            answer = self._graph.get(ALL_FOLDERS, {"user-id": self._user}, query=query)
            if not answer.get("value"):
                raise Gone(Said("ms_no_folder", {"folder": name}), status=404)
            self.found[name] = str(answer["value"][0]["id"])
        return self.found[name]

    def forget(self, name: str) -> None:
        """Somebody may have made a new one of this name."""
        self.found.pop(name, None)

    def look_at(self, name: str) -> str:
        """Its id, whatever it is called. Raises Gone where there is none of this name, or another `Failure`."""
        values = {"user-id": self._user, "mailFolder-id": self.id_of(name)}
        return str(self._graph.get(FOLDER, values, query={"$select": "id,displayName"}).get("id") or "")
