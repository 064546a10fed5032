"""What a tab asks for, as Chromium's own network panel shows it."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Page


@dataclass
class Asked:
    """One request."""

    url: str
    initiator: str
    """`parser` where HTML or its preloads named it, `script` where code did."""
    cached: bool = False
    octets: int = 0
    """Over the wire: head and body of the answer, compressed as it came."""
    status: int = 0

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def is_file(self) -> bool:
        """Of the site itself: neither a call of the API nor a look whether there is an extension."""
        return not self.path.startswith(("/api/", "/download/"))


@dataclass
class Network:
    """Everything from now on."""

    page: Page
    asked: dict[str, Asked] = field(default_factory=dict)

    def __post_init__(self) -> None:
        session = self.page.context.new_cdp_session(self.page)
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.requestServedFromCache", lambda event: self._note(event, cached=True))
        session.on("Network.responseReceived", self._answered)
        session.on("Network.loadingFinished", lambda event: self._note(event, octets=int(event["encodedDataLength"])))
        session.send("Network.enable")

    @property
    def files(self) -> list[Asked]:
        return [asked for asked in self.asked.values() if asked.is_file]

    @property
    def octets(self) -> int:
        return sum(asked.octets for asked in self.asked.values())

    def clear(self) -> None:
        self.asked.clear()

    def _sent(self, event: dict) -> None:
        self.asked[event["requestId"]] = Asked(event["request"]["url"], event["initiator"]["type"])

    def _answered(self, event: dict) -> None:
        answer = event["response"]
        self._note(event, status=answer["status"], cached=answer.get("fromDiskCache", False))

    def _note(self, event: dict, **values: int) -> None:
        if asked := self.asked.get(event["requestId"]):
            for name, value in values.items():
                setattr(asked, name, value or getattr(asked, name))
