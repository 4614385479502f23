"""A CloudWatch that knows a month of a small portfolio, as the suite `lambda` plays it too."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DAY = 24 * 60 * 60

# What each metric was on every day; any other has no values.
DAILY = {
    ("AWS/Lambda", "Invocations", "stack-render"): 1_000.0,
    ("AWS/Lambda", "Duration", "stack-render"): 150_000.0,
    ("AWS/CloudFront", "Requests", "E1EXAMPLE"): 20_000.0,
    ("AWS/CloudFront", "BytesDownloaded", "E1EXAMPLE"): 6e8,
    ("AWS/S3", "BucketSizeBytes", "StandardStorage"): 2e12,
    ("AWS/S3", "NumberOfObjects", "AllStorageTypes"): 500_000.0,
}


class CloudWatch:
    """GetMetricData on loopback; a context manager. Its value is what cost must have in its environment."""

    def __enter__(self) -> dict[str, str]:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return {
            "AWS_ENDPOINT_URL_CLOUDWATCH": f"http://127.0.0.1:{self._server.server_port}",
            "RENDER_FUNCTION_NAME": "stack-render",
            "RENDER_MEMORY_MB": "1769",
            "INGEST_FUNCTION_NAME": "stack-ingest",
            "INGEST_MEMORY_MB": "512",
            "DISTRIBUTION_ID": "E1EXAMPLE",
            "FUNCTION_ARCHITECTURE": "arm64",
            "MONTHLY_BUDGET_USD": "10",
        }

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answers GetMetricData, all of it in one page."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        days = range(int(asked["StartTime"]), int(asked["EndTime"]), DAY)
        results = [_result(query, days) for query in asked["MetricDataQueries"]]
        body = json.dumps({"MetricDataResults": results}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def _result(query: dict, days: range) -> dict:
    metric = query["MetricStat"]["Metric"]
    named = [(metric["Namespace"], metric["MetricName"], one["Value"]) for one in metric.get("Dimensions", [])]
    value = next((DAILY[name] for name in named if name in DAILY), None)
    known = list(days) if value is not None else []
    return {
        "Id": query["Id"],
        "StatusCode": "Complete",
        "Timestamps": [float(day) for day in known],
        "Values": [value] * len(known),
    }
