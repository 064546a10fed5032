import KeylinkAPI
import Testing

@Suite struct ByteRangeTests {
    /// Header, size, what it means.
    static let table: [(String, Int64, ByteRange)] = [
        ("bytes=0-0", 10, .part(0..<1)),
        ("bytes=0-9", 10, .part(0..<10)),
        ("bytes=0-10", 10, .part(0..<10)),
        ("bytes=3-5", 10, .part(3..<6)),
        ("BYTES=3-5", 10, .part(3..<6)),
        ("bytes=9-", 10, .part(9..<10)),
        ("bytes=0-", 10, .part(0..<10)),
        ("bytes=-1", 10, .part(9..<10)),
        ("bytes=-10", 10, .part(0..<10)),
        ("bytes=-11", 10, .part(0..<10)),
        ("bytes=5-9223372036854775807", 10, .part(5..<10)),
        ("bytes=5-99999999999999999999999", 10, .part(5..<10)),
        ("bytes=-99999999999999999999999", 10, .part(0..<10)),
        // Nothing of it is there.
        ("bytes=10-", 10, .unsatisfiable),
        ("bytes=10-20", 10, .unsatisfiable),
        ("bytes=99999999999999999999999-", 10, .unsatisfiable),
        ("bytes=-0", 10, .unsatisfiable),
        // Not one of the three forms: as if it had not been sent.
        ("", 10, .whole),
        ("bytes=", 10, .whole),
        ("bytes=-", 10, .whole),
        ("bytes=5-4", 10, .whole),
        ("bytes=0-1,3-4", 10, .whole),
        ("bytes=0-1-2", 10, .whole),
        ("bytes= 0-1", 10, .whole),
        ("bytes=0 -1", 10, .whole),
        ("bytes=+1-2", 10, .whole),
        ("bytes=a-b", 10, .whole),
        ("bytes=0x1-2", 10, .whole),
        ("octets=0-1", 10, .whole),
        ("0-1", 10, .whole),
        ("bytes 0-1/10", 10, .whole),
        ("bytes=٣-٥", 10, .whole),
    ]

    @Test(arguments: table)
    func meaning(_ header: String, _ size: Int64, _ expected: ByteRange) {
        #expect(ByteRange(header: header, size: size) == expected)
    }

    @Test func noHeaderAndIfRangeMeanTheWhole() {
        #expect(ByteRange(header: nil, size: 10) == .whole)
        #expect(ByteRange(header: "bytes=3-5", ifRange: true, size: 10) == .whole)
    }

    @Test func contentRange() {
        #expect(ByteRange.whole.contentRange(of: 10) == nil)
        #expect(ByteRange.part(3..<6).contentRange(of: 10) == "bytes 3-5/10")
        #expect(ByteRange.unsatisfiable.contentRange(of: 10) == "bytes */10")
        #expect(ByteRange.whole.octets(of: 10) == 0..<10)
        #expect(ByteRange.unsatisfiable.octets(of: 10) == nil)
    }
}
