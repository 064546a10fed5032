import Foundation
import KeylinkClient
import Testing

@testable import keylink

/// What `verify-site` is made of; Tests/Browser has it meet servers that lie.
@Suite struct SiteTests {
    @Test(arguments: [
        ("Chrome", "de", "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7"), ("Chrome", "en", "en-US,en;q=0.9"),
        ("Chrome", "zh-Hant", "zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7"), ("Chrome", "pt-BR", "pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7"),
        ("Firefox", "de", "de,en-US;q=0.9,en;q=0.8"), ("Firefox", "pt-BR", "pt-BR,en-US;q=0.9,en;q=0.8"),
        ("Firefox", "zh-Hans", "zh-CN,en-US;q=0.9,en;q=0.8"), ("Safari", "nb", "nb-NO,nb;q=0.9"),
    ])
    func languagesAreWrittenAsBrowsersDo(_ name: String, _ tag: String, _ expected: String) throws {
        let browser = try #require(Browser.all.first { $0.name == name })
        let server = try ServerAddress("https://keylink.example:443/under")
        let fields = browser.fields(for: .page, of: server, languages: browser.languages(of: tag))
        #expect(fields.filter { $0.name == "Accept-Language" }.map(\.value) == [expected])
        #expect(fields.filter { $0.name == "Host" }.map(\.value) == ["keylink.example"])
    }

    /// Where nobody vouches for the host, browsers say less.
    @Test func withoutTLSLessIsSaid() throws {
        let server = try ServerAddress("http://keylink.example:8080", insecure: true)
        for browser in Browser.all {
            let fields = browser.fields(for: .page, of: server, languages: ["en"])
            #expect(!fields.contains { $0.name.lowercased().hasPrefix("sec-") })
            #expect(fields.contains { $0 == ("Accept-Encoding", "gzip, deflate") })
            #expect(fields.contains { $0 == ("Host", "keylink.example:8080") })
        }
    }

    @Test(
        arguments: [
            ("https://keylink.example", "https://keylink.example", nil),
            ("https://keylink.example/s/AAAAAAAAAAAAAAAAAAAAAA", "https://keylink.example", "s/AAAAAAAAAAAAAAAAAAAAAA"),
            ("https://a.example/b/r/AAAAAAAAAAAAAAAAAAAAAA#key", "https://a.example/b", "r/AAAAAAAAAAAAAAAAAAAAAA"),
            ("https://keylink.example/s/short", "https://keylink.example/s/short", nil), ("s/AAAAAAAAAAAAAAAAAAAAAA", nil, nil),
        ] as [(String, String?, String?)])
    func aLinkLeadsToItsServerAndPage(_ address: String, _ base: String?, _ page: String?) {
        let parts = VerifySite.parts(of: address)
        #expect(parts.base == base ?? address && parts.page == page)
    }

    /// `printf keylink | gzip -n9`
    private static let packed: [UInt8] = [
        0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0x02, 0x03, 0xCB, 0x4E, 0xAD, 0xCC, 0xC9, 0xCC, 0xCB, 0x06, 0, 0xDB, 0x9D, 0xCE, 0xAF,
        0x07,
        0, 0, 0,
    ]

    @Test func gzipIsTakenApartStrictly() {
        let (packed, text) = (Self.packed, Array("keylink".utf8))
        #expect(Gzip.unpacked(packed, limit: 7) == text && Gzip.unpacked(packed, limit: 6) == nil)
        #expect(Gzip.unpacked(packed + [0], limit: 7) == nil && Gzip.unpacked(packed + packed, limit: 99) == nil)
        for count in packed.indices { #expect(Gzip.unpacked(Array(packed.prefix(count)), limit: 7) == nil) }
        for place in [2, 12, packed.count - 5] {
            var damaged = packed
            damaged[place] ^= 1
            #expect(Gzip.unpacked(damaged, limit: 7) == nil)
        }
    }
}
