import CoreMetrics
import Synchronization

/// A swift-metrics backend that keeps its numbers in memory until Prometheus asks for them.
///
/// It is handed to whoever measures; nothing is bootstrapped for the process, so many servers can live in one. Counting is an
/// atomic addition or a short lock. Only families of the list it is made with exist.
final class PrometheusRegistry: MetricsFactory {
    private let families: [String: MetricFamily]
    /// By family, then by labels as they are written.
    private let instruments: Mutex<[String: [String: any Instrument]]>

    init(_ families: [MetricFamily]) {
        self.families = Dictionary(uniqueKeysWithValues: families.map { ($0.name, $0) })
        instruments = Mutex([:])
    }

    /// Everything there is to tell, in the order of the names.
    func write(to exposition: inout Exposition) {
        let all = instruments.withLock { $0 }
        for (name, series) in all.sorted(by: { $0.key < $1.key }) {
            guard let family = families[name] else { continue }
            exposition.begin(family)
            for (labels, instrument) in series.sorted(by: { $0.key < $1.key }) {
                instrument.write(name, labels, to: &exposition)
            }
        }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        find(label, dimensions) { if case .counter = $0 { CountedValue() } else { nil } } as CountedValue
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { makeGauge(label, dimensions) }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate ? makeHistogram(label, dimensions) : makeGauge(label, dimensions)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { makeHistogram(label, dimensions) }

    /// What has been counted stays counted: a series that vanishes looks like a restart.
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}

    private func makeGauge(_ label: String, _ dimensions: [(String, String)]) -> GaugedValue {
        find(label, dimensions) { if case .gauge = $0 { GaugedValue() } else { nil } }
    }

    private func makeHistogram(_ label: String, _ dimensions: [(String, String)]) -> Histogram {
        find(label, dimensions) { if case .histogram(let bounds) = $0 { Histogram(bounds: bounds) } else { nil } }
    }

    /// The instrument under these labels, made when it is first asked for.
    private func find<Found: Instrument>(
        _ label: String, _ dimensions: [(String, String)], make: (MetricFamily.Kind) -> Found?
    ) -> Found {
        guard let family = families[label] else { preconditionFailure("\(label) is not in the list of metrics") }
        let labels = Exposition.labels(dimensions)
        return instruments.withLock { instruments in
            if let found = instruments[label]?[labels] as? Found { return found }
            guard let made = make(family.kind) else { preconditionFailure("\(label) is of another kind") }
            instruments[label, default: [:]][labels] = made
            return made
        }
    }
}

/// One series, or the several that make a histogram.
private protocol Instrument: Sendable {
    func write(_ name: String, _ labels: String, to exposition: inout Exposition)
}

private final class CountedValue: CounterHandler, Instrument {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) { value.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { value.store(0, ordering: .relaxed) }

    func write(_ name: String, _ labels: String, to exposition: inout Exposition) {
        exposition.sample(name, labels, Double(value.load(ordering: .relaxed)))
    }
}

private final class GaugedValue: MeterHandler, RecorderHandler, Instrument {
    private let value = Mutex(0.0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }

    func write(_ name: String, _ labels: String, to exposition: inout Exposition) {
        exposition.sample(name, labels, value.withLock { $0 })
    }
}

private final class Histogram: RecorderHandler, TimerHandler, Instrument {
    private let bounds: [Double]
    private let state: Mutex<(counts: [Int64], sum: Double)>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex((Array(repeating: 0, count: bounds.count + 1), 0))
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        let index = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[index] += 1
            state.sum += value
        }
    }

    func write(_ name: String, _ labels: String, to exposition: inout Exposition) {
        let (counts, sum) = state.withLock { $0 }
        exposition.histogram(name, labels, bounds: bounds, counts: counts, sum: sum)
    }
}
