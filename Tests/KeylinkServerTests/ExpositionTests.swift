import CoreMetrics
import Testing

@testable import KeylinkServer

/// The text that Prometheus reads, to the byte.
@Suite struct ExpositionTests {
    @Test func aHistogramCountsUpwards() {
        let registry = PrometheusRegistry(MetricFamily.all)
        let jobs = Recorder(label: "keylink_commit_jobs", factory: registry)
        for value in [1, 2, 3, 512, 513] { jobs.record(value) }
        jobs.record(Double.nan)
        #expect(
            text(of: registry) == """
                # HELP keylink_commit_jobs What shared one transaction: requests, and portions of the sweeper's work.
                # TYPE keylink_commit_jobs histogram
                keylink_commit_jobs_bucket{le="1"} 1
                keylink_commit_jobs_bucket{le="2"} 2
                keylink_commit_jobs_bucket{le="4"} 3
                keylink_commit_jobs_bucket{le="8"} 3
                keylink_commit_jobs_bucket{le="16"} 3
                keylink_commit_jobs_bucket{le="32"} 3
                keylink_commit_jobs_bucket{le="64"} 3
                keylink_commit_jobs_bucket{le="128"} 3
                keylink_commit_jobs_bucket{le="256"} 3
                keylink_commit_jobs_bucket{le="512"} 4
                keylink_commit_jobs_bucket{le="+Inf"} 5
                keylink_commit_jobs_sum 1031
                keylink_commit_jobs_count 5

                """)
    }

    /// One name with one set of labels is one series, whoever asks for it and in whatever order.
    @Test func aSeriesIsMadeOnce() {
        let registry = PrometheusRegistry(MetricFamily.all)
        let name = "keylink_http_request_duration_seconds"
        let labels = [("route", "claim"), ("method", "POST")]
        Timer(label: name, dimensions: labels, factory: registry).recordNanoseconds(2_500_000)
        Timer(label: name, dimensions: labels.reversed(), factory: registry).recordNanoseconds(5_000_000)
        let text = text(of: registry)
        #expect(text.contains(#"_bucket{method="POST",route="claim",le="0.0025"} 1\#n"#))
        #expect(text.contains(#"_bucket{method="POST",route="claim",le="0.005"} 2\#n"#))
        #expect(text.contains(#"_sum{method="POST",route="claim"} 0.0075\#n"#))
    }

    @Test func gaugesGoUpAndDown() {
        let registry = PrometheusRegistry(MetricFamily.all)
        let meter = Meter(label: "keylink_connections", factory: registry)
        meter.increment(by: 3)
        meter.decrement()
        #expect(text(of: registry).hasSuffix("# TYPE keylink_connections gauge\nkeylink_connections 2\n"))
        Gauge(label: "keylink_connections", factory: registry).record(0.5)
        #expect(text(of: registry).hasSuffix("keylink_connections 0.5\n"))
    }

    @Test func labelValuesAreEscaped() {
        #expect(Exposition.labels([("b", "x\"y\\z\nw"), ("a", "é")]) == #"a="é",b="x\"y\\z\nw""#)
    }

    @Test(arguments: [
        (0, "0"), (-1, "-1"), (1e15, "1000000000000000"), (0.1, "0.1"), (1e-7, "1e-07"), (.infinity, "+Inf"),
        (-.infinity, "-Inf"), (.nan, "NaN"),
    ])
    func numbersAreGos(_ number: Double, _ text: String) { #expect(Exposition.number(number) == text) }

    @Test func manyTasksLoseNothing() async {
        let registry = PrometheusRegistry(MetricFamily.all)
        let counter = Counter(label: "keylink_sent_bytes_total", factory: registry)
        let jobs = Recorder(label: "keylink_commit_jobs", factory: registry)
        await withDiscardingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        counter.increment(by: 3)
                        jobs.record(2)
                    }
                }
            }
        }
        let text = text(of: registry)
        #expect(text.contains("\nkeylink_sent_bytes_total 24000\n") && text.contains("\nkeylink_commit_jobs_sum 16000\n"))
    }

    /// Every name is one that Prometheus takes, and says what it counts in.
    @Test func namesFollowTheConvention() {
        for family in MetricFamily.all {
            #expect(family.name.wholeMatch(of: /(keylink|process)_[a-z_]+/) != nil && family.help.hasSuffix("."))
            if case .counter = family.kind {
                #expect(family.name.hasSuffix("_total"))
            } else {
                #expect(!family.name.hasSuffix("_total"))
            }
        }
        #expect(Set(MetricFamily.all.map(\.name)).count == MetricFamily.all.count)
    }

    private func text(of registry: PrometheusRegistry) -> String {
        var exposition = Exposition()
        registry.write(to: &exposition)
        return exposition.text
    }
}
