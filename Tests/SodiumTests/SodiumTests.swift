import Foundation
import Sodium
import Testing

@Suite struct Base64URLTests {
    @Test(
        "writes what RFC 4648 § 5 writes, without padding",
        arguments: [
            ([], ""), ([0], "AA"), ([0xFF], "_w"), ([0xFB, 0xEF], "--8"), ([0xFF, 0xFF, 0xFF], "____"),
            (Array("foob".utf8), "Zm9vYg"),
        ] as [([UInt8], String)])
    func encodes(bytes: [UInt8], text: String) {
        #expect(Base64URL.encode(bytes) == text)
        #expect(Base64URL.decode(text) == bytes)
    }

    @Test(
        "refuses every other spelling",
        arguments: [
            "A", "AA=", "AA==", "AB", "_x", "__", "AAA ", " AAA", "AA\n", "A+A", "A/A", "AAAAA", "ＡＡ", "éA", "é_", "AAé", "€A",
            "😀", "AA\u{0}", "--9",
        ])
    func refuses(text: String) {
        // "__" decodes to one byte and four unused bits that are not zero; "--9" likewise with two.
        #expect(Base64URL.decode(text) == nil)
    }

    @Test func everyLengthComesBack() {
        for count in 0...100 {
            let bytes = Random.bytes(count)
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
    }
}

@Suite struct KeyTests {
    @Test("is what was put in, compares by content and clones to equals")
    func content() {
        let bytes = Array(UInt8(0)..<32)
        let key = Key(copying: bytes)
        #expect(key.withUnsafeBytes { Array($0) } == bytes)
        #expect(key.equals(key.clone()) == true)
        for index in 0..<32 {
            var other = bytes
            other[index] ^= 1
            #expect(key.equals(Key(copying: other)) == false, "byte \(index) decides too")
        }
        #expect(key.base64URL() == "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
    }

    @Test func drawsAnewEachTime() {
        #expect(Key.random().equals(Key.random()) == false)
    }

    @Test("an error while filling comes through")
    func fillingFails() {
        struct Refused: Error, Equatable {}
        #expect(throws: Refused()) { _ = try Key { (_) throws(Refused) in throw Refused() } }
    }

    /// The expected bytes are Python's: hashlib.blake2b(key: 0…31, digest_size: 32, salt: 1 as 16 bytes little-endian, person: "KDF test").
    @Test func derivesAsTheSpecificationSays() {
        let master = Key(copying: Array(UInt8(0)..<32))
        let derived = master.derive(1, "KDF test").withUnsafeBytes { hex(Array($0)) }
        #expect(derived == "13fea52bb8cba063f3ed93de27ed07e06d8c6367474e6ae4c9282913ac3c3a03")
        #expect(master.derive(1, "KDF test").equals(master.derive(2, "KDF test")) == false)
        #expect(master.derive(1, "KDF test").equals(master.derive(1, "KDF tesu")) == false)
    }

    @Test("hashing with bytes that follow is hashing them together")
    func hashesInTwoParts() {
        let key = Key(copying: [UInt8](repeating: 7, count: 32))
        let whole = key.hash(Array("header and stretched".utf8), count: 32)
        let parts = key.hashToKey(Array("header and ".utf8), followedBy: GuardedBytes(copying: "stretched".utf8))
        #expect(parts.withUnsafeBytes { Array($0) } == whole)
        #expect(key.hash([], count: 16) == genericHash([], count: 16, key: [UInt8](repeating: 7, count: 32)))
    }
}

@Suite struct HashTests {
    /// RFC 7693, appendix A, is BLAKE2b-512 of "abc"; the 32-byte one is of the reference implementation's `b2sum -l 256`.
    @Test func isBLAKE2b() {
        let long = hex(genericHash(Array("abc".utf8), count: 64))
        #expect(long.hasPrefix("ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"))
        #expect(hex(genericHash(Array("abc".utf8))) == "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319")
        #expect(verifier(of: Array("abc".utf8)) == genericHash(Array("abc".utf8)))
    }

    /// FIPS 180-4's example.
    @Test func isSHA256() {
        #expect(hex(sha256(Array("abc".utf8))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func comparesWholeContents() {
        #expect(constantTimeEqual([], []))
        #expect(constantTimeEqual([1, 2], [1, 2]))
        #expect(!constantTimeEqual([1, 2], [1, 3]))
        #expect(!constantTimeEqual([1, 2], [1, 2, 0]))
    }

    @Test func drawsNumbersBelowTheBound() {
        let drawn = Set((0..<1000).map { _ in Random.number(below: 3) })
        #expect(drawn == [0, 1, 2])
    }
}

@Suite struct SecretboxTests {
    private let nonce = [UInt8](repeating: 9, count: Secretbox.nonceCount)

    @Test("opens what it sealed, at every length around a block", arguments: [0, 1, 15, 16, 31, 32, 63, 64, 65, 65536])
    func roundTrip(count: Int) {
        let key = Key.random()
        let plaintext = Random.bytes(count)
        let box = Secretbox.seal(plaintext[...], nonce: nonce, key: key)
        #expect(box.count == count + Secretbox.overhead)
        #expect(Secretbox.open(box[...], nonce: nonce, key: key) == plaintext)
    }

    @Test("refuses every flipped bit, another key, another nonce and a cut")
    func refuses() {
        let key = Key.random()
        let box = Secretbox.seal(Array("attack at dawn".utf8)[...], nonce: nonce, key: key)
        for bit in 0..<(box.count * 8) {
            var altered = box
            altered[bit / 8] ^= 1 << (bit % 8)
            #expect(Secretbox.open(altered[...], nonce: nonce, key: key) == nil)
        }
        for count in 0..<box.count { #expect(Secretbox.open(box.prefix(count), nonce: nonce, key: key) == nil) }
        #expect(Secretbox.open(box[...], nonce: nonce, key: .random()) == nil)
        #expect(Secretbox.open(box[...], nonce: Random.bytes(24), key: key) == nil)
    }
}

private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String(format: "%02x", $0) }.joined()
}
