import Foundation
import KeylinkAPI
import Testing

@Suite struct TimestampTests {
    static let table: [(Int64, String)] = [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (951_868_799_999, "2000-02-29T23:59:59.999Z"),
        (951_868_800_000, "2000-03-01T00:00:00.000Z"),
        (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
        (1_735_689_599_001, "2024-12-31T23:59:59.001Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ]

    @Test(arguments: table)
    func bothWays(_ milliseconds: Int64, _ text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        ("2024-05-06T07:08:09Z", Int64(0)), ("2024-05-06T07:08:09.5Z", 500), ("2024-05-06T07:08:09.1239Z", 123),
    ])
    func fractions(_ text: String, _ milliseconds: Int64) throws {
        #expect(try #require(Timestamp(text)).milliseconds % 1000 == milliseconds)
    }

    @Test(arguments: [
        "", "2024-05-06", "2024-05-06T07:08:09", "2024-05-06T07:08:09+00:00", "2024-13-01T00:00:00Z", "2023-02-29T00:00:00Z",
        "2024-05-06T24:00:00Z", "2024-05-06T07:60:00Z", "2024-05-06T07:08:60Z", "2024-05-06T07:08:09.Z", "2024-05-06 07:08:09Z",
        "2024-05-06T07:08:09.1x3Z", "2024-00-06T07:08:09Z", "2024-05-00T07:08:09Z", "+024-05-06T07:08:09Z",
    ])
    func whatIsNone(_ text: String) {
        #expect(Timestamp(text) == nil)
    }

    /// Against the system's calendar, a day at a time over 200 years.
    @Test func agreesWithTheCalendar() {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for day in stride(from: Int64(-10_000), to: 63_000, by: 13) {
            let time = Timestamp(milliseconds: day * 86_400_000 + 12_500)
            #expect(time.description == Date(timeIntervalSince1970: Double(time.milliseconds) / 1000).formatted(style))
        }
    }

    /// Beyond the last moment there is none.
    @Test func addingStaysWithinTheMoments() {
        let now = Timestamp(milliseconds: 1_700_000_000_000)
        #expect(now.adding(seconds: 2).milliseconds == 1_700_000_002_000)
        for more: Int64 in [.max, .max / 1000] { #expect(now.adding(seconds: more).milliseconds == .max) }
        #expect(now.adding(milliseconds: .max).milliseconds == .max)
        #expect(Timestamp(milliseconds: -10).adding(seconds: .min).milliseconds == .min)
        #expect(Timestamp(milliseconds: -10).adding(milliseconds: .min).milliseconds == .min)
    }

    @Test func isTextInJSON() throws {
        let data = try JSONEncoder().encode([Timestamp(milliseconds: 0)])
        #expect(String(decoding: data, as: UTF8.self) == #"["1970-01-01T00:00:00.000Z"]"#)
        #expect(try JSONDecoder().decode([Timestamp].self, from: data) == [Timestamp(milliseconds: 0)])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Timestamp].self, from: Data(#"["soon"]"#.utf8)) }
    }
}
