internal import Envelope
internal import Foundation
internal import KeylinkAPI
internal import KeylinkClient
internal import Sodium

/// The steps of opening one link, and what is remembered between them on disk.
///
/// Looking, asking and stretching come first, and take nothing. Before the claim is sent its record is durable; the record
/// goes when the server has said that the claim is at its end, and not before.
struct Opener {
    private let client: KeylinkClient
    private let records: ClaimRecords
    /// The claim that an earlier command has begun.
    private let earlier: (key: ClaimKey, parameters: [UInt8])?
    private let key: ClaimKey

    private var id = ""
    private var base = ""
    private var opening: Opening?
    private var claimed: (claim: Claim, unlocked: Unlocked, download: Download)?

    init(client: KeylinkClient, records: ClaimRecords, earlier: ClaimRecord?) {
        self.client = client
        self.records = records
        self.earlier = earlier?.content
        key = self.earlier?.key ?? .random()
    }

    /// Names the claim to nobody but whoever holds its record, which one process at a time does.
    var tag: String { genericHash(Array(key.text.utf8), count: 16).prefix(8).map { String($0, radix: 16) }.joined() }

    /// Gets the parameters and checks that they belong to the link. A secret whose last view is ours already can no longer be
    /// looked at: its parameters are in the record.
    mutating func prepare(_ link: borrowing Link) async throws {
        let bytes: [UInt8]
        if let earlier {
            bytes = earlier.parameters
        } else {
            let look = try await client.look(link)
            guard let parameters = Base64URL.decode(look.parameters) else { throw EnvelopeError.malformedHeader }
            bytes = parameters
        }
        opening = try Opening(parameters: Parameters(parsing: bytes), linkKey: link.key)
        id = link.id
        base = link.base
    }

    /// Takes the view, asking for the passphrase where one is needed, and again where it was wrong.
    mutating func claim(_ passphrases: KnownPassphraseOptions) async throws {
        guard let opening else { preconditionFailure("prepare comes first") }
        while true {
            let unlocked = try opening.unlock(passphrase: opening.parameters.needsPassphrase ? passphrases.passphrase() : nil)
            let claim = Claim(id: id, key: key, linkToken: unlocked.linkToken, accessToken: unlocked.accessToken)
            if earlier == nil { try records.write(ClaimRecord(base: base, id: id, key: key, parameters: opening.parameters)) }
            do {
                Interruption.set { Self.goOnHint }
                claimed = (claim, unlocked, try await client.claim(claim))
                return
            } catch let error as ClientError
                where error.code == .wrongKey && opening.parameters.needsPassphrase && passphrases.canAskAgain
            {
                Interruption.set(hint: nil)
                Console.line("The passphrase is wrong; nothing has been used up. Again:")
            } catch {
                Interruption.set(hint: nil)
                throw explained(error)
            }
        }
    }

    /// Everything in the envelope, verified, to where it goes.
    func deliver(to delivery: Delivery) async throws {
        guard let claimed else { preconditionFailure("claim comes first") }
        let progress = ProgressLine("Received")
        defer { progress.finish() }
        let octets = claimed.download.counted { progress.update($0, of: claimed.download.size) }
        for try await event in claimed.unlocked.events(from: octets) { try delivery.take(event) }
    }

    /// Everything is safe here. That the server does not hear of it harms nobody: it destroys the octets when the lease has run out.
    func acknowledge() async {
        guard let claimed else { return }
        Interruption.set(hint: nil)
        do {
            try await client.acknowledge(claimed.claim)
            try records.remove()
        } catch let error as ClientError where error.endsClaim {
            forget()
        } catch {
            Console.hint(
                "the server could not be told that it has arrived (\(Failure(error).message)); it destroys its copy by itself")
        }
    }

    /// The failure, with what can be done about it; the record goes where nothing can be gone on with.
    func explained(_ error: any Error) -> any Error {
        let failure = Failure(error)
        if let error = error as? ClientError {
            if error.endsClaim || (earlier == nil && isUntaken(error)) {
                forget()
                return failure
            }
        }
        let isCorrupt = error is EnvelopeError
        return failure.with(hint: isCorrupt || failure.status == .wrongKey || failure.status == .refused ? nil : Self.goOnHint)
    }

    /// Refused before a view was taken, by an answer to the first claim under its key.
    private func isUntaken(_ error: ClientError) -> Bool {
        [.wrongKey, .tooManyAttempts].contains(error.code)
    }

    private func forget() {
        do {
            try records.remove()
        } catch {
            Console.hint("a record of this claim could not be removed: \(Failure(error).message)")
        }
    }

    /// The lease outlives the last octet by five minutes (Spec/openapi.yaml).
    private static var goOnHint: String {
        "the same command opens it, without taking another view, until about "
            + localTime(Timestamp.now.adding(seconds: 300), format: "HH:mm zzz")
    }
}
