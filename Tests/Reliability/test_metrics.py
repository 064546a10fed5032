"""What /metrics of a real server says, and whether dashboard and alerts ask for what it says."""

import hashlib
import http.client
import json
import re
import secrets
import shutil
import ssl
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from server import ROOT, WITHIN, Server

DASHBOARD = json.loads((ROOT / "Deploy/grafana-dashboard.json").read_text())
ALERTS = ROOT / "Deploy/alerts.yaml"
RULES = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]

# What Prometheus itself adds to what it scrapes.
ITS_LABELS = {"instance", "job"}
ITS_METRICS = {"up": set()}

# Grafana's variables, and a value of each.
VARIABLES = {"$__rate_interval": "5m", "$instance": "a"}

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Watched:
    """A server with its operations listener, and somebody who uses it."""

    def __init__(self, server: Server, certificate: Path) -> None:
        self._server = server
        self._port = operations_port(server)
        self._trust = ssl.create_default_context(cafile=certificate)

    def scrape(self) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
        return answer.read().decode()

    def settled(self) -> str:
        """Once all is handed out: a client may have the last octet a moment before the server knows."""
        deadline = time.monotonic() + WITHIN
        while samples(scrape := self.scrape())["keylink_deliveries_in_progress", frozenset()] > 0:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return scrape

    def send(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPSConnection("127.0.0.1", self._server.port, timeout=60, context=self._trust)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()


def operations_port(server: Server) -> int:
    """The second listener may come a moment after the first."""
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        if found := re.search(r"operations listening on 127\.0\.0\.1:(\d+)", server.log.read_text()):
            return int(found[1])
        time.sleep(0.01)
    raise RuntimeError("keylink-server did not say where its operations listen")


class Secret:
    """One that is stored when this is made, with all that its people hold."""

    def __init__(self, watched: Watched, size: int) -> None:
        self._watched = watched
        self._link, self._access, self._receipt = (secrets.token_bytes(32) for _ in range(3))
        self._key = secrets.token_urlsafe(16)
        verifiers = [
            base64url(hashlib.blake2b(token, digest_size=32).digest()) for token in (self._link, self._access, self._receipt)
        ]
        names = [f"Keylink-{kind}-Verifier" for kind in ("Link", "Access", "Receipt")]
        headers = dict(zip(names, verifiers, strict=True)) | {"Content-Type": "application/octet-stream"}
        status, answer = watched.send("POST", "/api/v1/secrets", headers, b"KLNK" + secrets.token_bytes(size - 4))
        assert status == 201
        self.path = f"/api/v1/secrets/{json.loads(answer)['id']}"

    def claim(self, method: str, access: bytes | None = None) -> int:
        token = base64url(self._link + (access or self._access))
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": self._key}
        return self._watched.send(method, f"{self.path}/claim", headers)[0]

    def look(self) -> int:
        return self._watched.send("GET", self.path, {"Authorization": f"Bearer {base64url(self._link)}"})[0]

    def revoke(self) -> int:
        return self._watched.send("DELETE", self.path, {"Authorization": f"Bearer {base64url(self._receipt)}"})[0]


def base64url(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def samples(scrape: str) -> Samples:
    """Every sample, by its name and labels. The parser refuses what is not the format."""
    found: Samples = {}
    for family in text_string_to_metric_families(scrape):
        assert family.documentation and family.type in ("counter", "gauge", "histogram"), family.name
        for sample in family.samples:
            place = (sample.name, frozenset(sample.labels.items()))
            assert place not in found, place
            found[place] = sample.value
    return found


def moved(before: Samples, after: Samples) -> Counter[str]:
    """By how much each counter of the server's own moved; what did not move is not in it."""
    changes: Counter[str] = Counter()
    for (name, labels), value in after.items():
        if name.startswith("keylink_") and name.endswith(("_total", "http_request_duration_seconds_count")):
            words = ",".join(value for _, value in sorted(labels))
            changes[f"{name.removeprefix('keylink_')} {words}".strip()] = value - before.get((name, labels), 0)
    return +changes


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """With everything set that there are numbers of."""
    folder = tmp_path_factory.mktemp("watched")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    words = ["-nodes", "-days", "30", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-out", certificate, "-keyout", key]
    subprocess.run(["openssl", "req", "-x509", *curve, *words, *files], check=True, capture_output=True)
    flags = ["--operations-port", "0", "--max-storage-bytes", "1GiB", "--tls-certificate", certificate, "--tls-key", key]
    with Server(folder, *map(str, flags)) as server:
        yield Watched(server, certificate)


@pytest.fixture(scope="module")
def used(watched: Watched) -> tuple[Samples, str]:
    """The numbers before and the scrape after a day's work."""
    before = samples(watched.scrape())
    opened, revoked, guessed = (Secret(watched, size) for size in (1000, 100_000, 97))
    assert [opened.look(), opened.claim("POST"), opened.claim("GET"), opened.claim("DELETE"), opened.look()] == [
        200,
        200,
        200,
        204,
        410,
    ]
    assert [revoked.claim("POST"), revoked.revoke()] == [200, 204]
    assert [guessed.claim("POST", secrets.token_bytes(32)) for _ in range(11)] == [403] * 10 + [429]
    assert [watched.send("GET", f"/api/v1/secrets/{secrets.token_hex(11)}")[0] for _ in range(3)] == [404] * 3
    assert watched.send("PUT", "/api/v1/limits")[0] == 405
    return before, watched.settled()


def test_what_was_done_is_what_is_counted(used: tuple[Samples, str]) -> None:
    before, scrape = used
    after = samples(scrape)
    assert moved(before, after) == {
        "secrets_created_total": 3,
        "claims_total taken": 2,
        "claims_total resumed": 1,
        "claims_total wrong-key": 10,
        "claims_total too-many-attempts": 1,
        "leases_ended_total acknowledged": 1,
        "leases_ended_total revoked": 1,
        "secrets_ended_total opened": 1,
        "secrets_ended_total revoked": 1,
        "refusals_total opened": 1,
        "refusals_total wrong-key": 10,
        "refusals_total too-many-attempts": 1,
        "refusals_total not-found": 3,
        "refusals_total method-not-allowed": 1,
        "received_bytes_total": 101_097,
        "sent_bytes_total": 102_000,
        "http_request_duration_seconds_count POST,secrets,2xx": 3,
        "http_request_duration_seconds_count GET,secret,2xx": 1,
        "http_request_duration_seconds_count GET,secret,4xx": 4,
        "http_request_duration_seconds_count DELETE,secret,2xx": 1,
        "http_request_duration_seconds_count POST,claim,2xx": 2,
        "http_request_duration_seconds_count POST,claim,4xx": 11,
        "http_request_duration_seconds_count GET,claim,2xx": 1,
        "http_request_duration_seconds_count DELETE,claim,2xx": 1,
        "http_request_duration_seconds_count PUT,limits,4xx": 1,
    }
    gauges = {name: value for (name, labels), value in after.items() if not labels}
    assert (gauges["keylink_ready"], gauges["keylink_secrets"], gauges["keylink_stored_bytes"]) == (1, 1, 97)
    assert gauges["keylink_uploads_in_progress"] == gauges["keylink_deliveries_in_progress"] == 0
    # Each of the 19 steps in a life was a job of its own.
    assert gauges["keylink_commit_jobs_sum"] - before["keylink_commit_jobs_sum", frozenset()] >= 19
    assert 29 < (gauges["keylink_certificate_expiry_time_seconds"] - time.time()) / 86_400 < 31
    assert gauges["process_resident_memory_bytes"] > 1e6 and gauges["process_open_fds"] > 5


def test_histograms_add_up(used: tuple[Samples, str]) -> None:
    scrape = samples(used[1])
    histograms: dict[tuple[str, frozenset[tuple[str, str]]], list[tuple[float, float]]] = {}
    for (name, labels), value in scrape.items():
        if name.endswith("_bucket"):
            bound = float(dict(labels)["le"])
            series = frozenset(label for label in labels if label[0] != "le")
            histograms.setdefault((name.removesuffix("_bucket"), series), []).append((bound, value))
    assert len(histograms) > 5
    for (name, labels), buckets in histograms.items():
        counts = [count for _, count in sorted(buckets)]
        assert counts == sorted(counts) and max(buckets)[0] == float("inf")
        assert counts[-1] == scrape[f"{name}_count", labels]


def promtool(*arguments: str, given: str = "") -> None:
    """Prometheus's own word on it; Scripts/dependencies puts the program beside Python."""
    program = shutil.which("promtool") or str(Path(sys.prefix) / "bin/promtool")
    done = subprocess.run([program, *arguments], input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_finds_nothing_wrong(used: tuple[Samples, str]) -> None:
    promtool("check", "metrics", given=used[1])
    promtool("check", "rules", "--lint-fatal", str(ALERTS))


def expressions() -> Iterator[tuple[str, str]]:
    """Every query of dashboard and rules, with what it is for."""
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for annotation in DASHBOARD["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            found = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
            assert found is not None
            yield variable["name"], f"count by ({found[2]}) ({found[1]})"


def selected(expression: str) -> tuple[dict[str, set[tuple[str, str, str]]], set[str]]:
    """The metrics of a query, each with what its labels are held against; and the labels it groups by."""
    for variable, value in VARIABLES.items():
        expression = expression.replace(variable, value)
    assert "$" not in expression
    metrics: dict[str, set[tuple[str, str, str]]] = {}
    groups: set[str] = set()

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.MatrixSelector):
            node = node.vector_selector
        if isinstance(node, promql_parser.VectorSelector):
            matchers = {(one.name, str(one.op), one.value) for one in node.matchers.matchers}
            metrics.setdefault(node.name, set()).update(matchers)
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
            groups.update(node.modifier.labels)

    promql_parser.walk(promql_parser.parse(expression), visit)
    return metrics, groups


@pytest.mark.parametrize(("purpose", "expression"), list(expressions()))
def test_what_is_asked_for_is_there(purpose: str, expression: str, used: tuple[Samples, str]) -> None:
    """Each name, each label and each value that a label is held against is one that this server tells."""
    told: dict[str, dict[str, set[str]]] = {}
    for name, labels in samples(used[1]):
        for label, value in labels:
            told.setdefault(name, {}).setdefault(label, set()).add(value)
        told.setdefault(name, {})
    metrics, groups = selected(expression)
    assert metrics, purpose
    known: set[str] = set(ITS_LABELS)
    for name, matchers in metrics.items():
        assert name in told or name in ITS_METRICS, name
        labels = told.get(name, {})
        known.update(labels)
        for label, operator, value in matchers:
            assert label in labels or label in ITS_LABELS, f"{name} has no label {label}"
            if label not in ITS_LABELS and not (label == "status" and value == "5xx"):
                values = value.split("|") if "~" in operator or "Re" in operator else [value]
                assert set(values) <= labels[label], f"{name} has no {label} {value}"
    assert groups <= known, purpose


def test_the_dashboard_can_be_imported() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for other in panels:
            its = other["gridPos"]
            apart = place["x"] + place["w"] <= its["x"] or its["x"] + its["w"] <= place["x"]
            assert other is panel or apart or place["y"] + place["h"] <= its["y"] or its["y"] + its["h"] <= place["y"]
        for part in [panel, *panel.get("targets", [])]:
            assert panel["type"] == "row" or part["datasource"]["uid"] == "${datasource}"
    assert not [panel["title"] for panel in panels if panel["type"] != "row" and not panel["targets"]]


BAD_DAY = {
    'up{job="keylink"}': "0x60",
    "keylink_ready": "0x60",
    "keylink_storage_errors_total": "0+1x60",
    "keylink_sweep_failures_total": "0+1x60",
    "keylink_stored_bytes": "91x60",
    "keylink_storage_budget_bytes": "100x60",
    "keylink_disk_free_bytes": "9x60",
    "keylink_disk_size_bytes": "100x60",
    'keylink_refusals_total{code="storage-full"}': "0+1x60",
    'keylink_refusals_total{code="not-found"}': "0+1200x60",
    'keylink_http_request_duration_seconds_count{route="secret",status="5xx"}': "0+2x60",
    'keylink_http_request_duration_seconds_count{route="secret",status="2xx"}': "0+98x60",
    'keylink_http_request_duration_seconds_bucket{route="secret",le="0.5"}': "0+98x60",
    'keylink_http_request_duration_seconds_bucket{route="secret",le="+Inf"}': "0+100x60",
    'keylink_http_request_duration_seconds_bucket{route="secret",le="1"}': "0+100x60",
    'keylink_commit_duration_seconds_bucket{le="0.1"}': "0+98x60",
    'keylink_commit_duration_seconds_bucket{le="0.25"}': "0+100x60",
    'keylink_commit_duration_seconds_bucket{le="+Inf"}': "0+100x60",
    'keylink_claims_total{result="wrong-key"}': "0+10x60",
    "keylink_connections": "91x60",
    "keylink_certificate_expiry_time_seconds": "600000x60",
    "keylink_connections_limit": "100x60",
    'process_start_time_seconds{job="keylink"}': "1000x25 2000x35",
    'process_open_fds{job="keylink"}': "81x60",
    'process_max_fds{job="keylink"}': "100x60",
    'process_resident_memory_bytes{job="keylink"}': "1000000001x60",
}
GOOD_DAY = {
    'up{job="keylink"}': "1x60",
    "keylink_ready": "1x60",
    "keylink_storage_errors_total": "7x60",
    "keylink_sweep_failures_total": "7x60",
    "keylink_stored_bytes": "90x60",
    "keylink_storage_budget_bytes": "100x60",
    "keylink_disk_free_bytes": "10x60",
    "keylink_disk_size_bytes": "100x60",
    'keylink_refusals_total{code="storage-full"}': "7x60",
    'keylink_refusals_total{code="not-found"}': "0+500x60",
    'keylink_http_request_duration_seconds_count{route="secret",status="5xx"}': "0+1x60",
    'keylink_http_request_duration_seconds_count{route="secret",status="2xx"}': "0+199x60",
    'keylink_http_request_duration_seconds_bucket{route="secret",le="0.5"}': "0+995x60",
    'keylink_http_request_duration_seconds_bucket{route="secret",le="1"}': "0+1000x60",
    'keylink_http_request_duration_seconds_bucket{route="secret",le="+Inf"}': "0+1000x60",
    'keylink_commit_duration_seconds_bucket{le="0.1"}': "0+995x60",
    'keylink_commit_duration_seconds_bucket{le="0.25"}': "0+1000x60",
    'keylink_commit_duration_seconds_bucket{le="+Inf"}': "0+1000x60",
    'keylink_claims_total{result="wrong-key"}': "0+6x60",
    "keylink_connections": "90x60",
    "keylink_certificate_expiry_time_seconds": "609000x60",
    "keylink_connections_limit": "100x60",
    'process_start_time_seconds{job="keylink"}': "1000x60",
    'process_open_fds{job="keylink"}': "79x60",
    'process_max_fds{job="keylink"}': "100x60",
    'process_resident_memory_bytes{job="keylink"}': "999999999x60",
}


@pytest.mark.parametrize(("day", "fires"), [(BAD_DAY, True), (GOOD_DAY, False)], ids=["bad", "good"])
def test_alerts_fire_when_they_should(day: dict[str, str], fires: bool, tmp_path: Path) -> None:
    """Every alert on a bad day, and on one that is almost as bad none."""
    firing = [{"labels": f'{{alertname="{rule["alert"]}"}}', "value": 1} for rule in RULES] if fires else []
    question = {"expr": 'count by (alertname) (ALERTS{alertstate="firing"})', "eval_time": "35m", "exp_samples": firing}
    series = [{"series": name, "values": values} for name, values in day.items()]
    test = {"rule_files": [str(ALERTS)], "evaluation_interval": "1m"}
    test["tests"] = [{"interval": "1m", "input_series": series, "promql_expr_test": [question]}]
    file = tmp_path / "test.yaml"
    file.write_text(yaml.safe_dump(test))
    promtool("test", "rules", str(file))
