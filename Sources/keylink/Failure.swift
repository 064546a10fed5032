internal import Envelope
internal import Foundation
internal import KeylinkAPI
internal import KeylinkClient
internal import Sodium
internal import SystemPackage

/// Why the command ends without having done what it was asked: one line that says it, one or more that help, one exit code.
struct Failure: Error {
    let status: ExitStatus
    let message: String
    var hints: [String]

    init(_ status: ExitStatus, _ message: String, hint: String? = nil) {
        self.status = status
        self.message = message
        hints = hint.map { [$0] } ?? []
    }

    func with(hint: String?) -> Failure {
        var failure = self
        if let hint { failure.hints.append(hint) }
        return failure
    }

    /// What people are told of any error there is.
    init(_ error: any Error) {
        self =
            switch error {
            case let failure as Failure: failure
            case let error as ClientError: Failure(client: error)
            case let error as EnvelopeError: Failure(envelope: error)
            case let fault as LinkFault: Failure(link: fault)
            case let error as SealingError: Failure(sealing: error)
            case is StretchingFailed: Failure(.failed, "there is not enough memory to stretch the passphrase")
            case is CancellationError, is PartialFiles.Ended: Failure(.failed, "interrupted")
            case is ClaimRecords.Busy: Failure(.failed, "another keylink is opening this link right now")
            case let error as Errno: Failure(.failed, error.description)
            default: Failure(.failed, printable("\(error)"))
            }
    }

    private init(link fault: LinkFault) {
        let (message, hint) =
            switch fault {
            case .noKey: ("the link has no key: the part after the # is missing", "copy all of it, or ask for it again")
            case .cut(let found):
                (
                    "the link was cut off: its key should have 43 characters, and \(found) are there",
                    "copy all of it, or ask for it again"
                )
            case .surplus(let found):
                (
                    "the link has too much at its end: its key should have 43 characters, and \(found) are there",
                    "copy it without what does not belong to it"
                )
            case .several: ("there is more than one link here", "give only the one that you mean")
            case .mistyped: ("this is not a whole link", "copy all of it, from http to the last character after the #")
            }
        self.init(.usage, message, hint: hint)
    }

    private init(envelope error: EnvelopeError) {
        self =
            switch error {
            case .malformedLink:
                Failure(.usage, "this is not a whole link", hint: "copy all of it, from http to the last character after the #")
            case .unsupportedVersion:
                Failure(.failed, "this secret was sealed in a newer format", hint: "a newer keylink opens it")
            case .malformedHeader: Failure(.corrupt, "this is not a Keylink envelope, or its beginning is damaged")
            case .wrongLink:
                Failure(
                    .wrongKey, "the key does not belong to this secret",
                    hint: "copy the whole link again; its last 43 characters are the key")
            case .passphraseRequired:
                Failure(
                    .wrongKey, "a passphrase is needed",
                    hint: "run this at a terminal, or pass --passphrase-file FILE; nothing has been used up")
            case .wrongKey: Failure(.wrongKey, "the passphrase is wrong")
            case .corrupt: Failure(.corrupt, "the secret is damaged: it was altered or cut")
            case .malformedPayload: Failure(.corrupt, "the secret is authentic, but made by a faulty program")
            }
    }

    private init(sealing error: SealingError) {
        let message =
            switch error {
            case .invalidName: "a file's name cannot be shared: control characters, or too long"
            case .invalidType: "a media type cannot be shared"
            case .invalidText: "the text is not UTF-8"
            case .sizeMismatch: "a file changed while it was read"
            case .itemCount: "1 to 1000 files can be shared at once"
            case .tooLong: "this is more than an envelope can hold"
            case .passphraseNotUnicode: "the passphrase is not UTF-8"
            case .alreadySealed: "the input was read twice"
            }
        self.init(.failed, message)
    }

    private init(client error: ClientError) {
        self =
            switch error {
            case .refused(let refusal): Failure(refusal: refusal)
            case .unreachable(let reason): Failure(.unreachable, "the server cannot be reached: \(reason)")
            case .notKeylink(let status, let what):
                Failure(
                    .failed, "this is not a Keylink server: \(what) (status \(status))",
                    hint: "give the address that the pages are at; redirections are not followed")
            case .plainHTTP(let host):
                Failure(
                    .usage, "the connection to \(printable(host)) would not be encrypted",
                    hint: "use https, or --insecure if you know that nobody listens on the way")
            case .malformedAddress(let address):
                Failure(.usage, "not a server's address: \(printable(address))", hint: "it looks like https://keylink.example")
            case .tooLarge(let limit): Failure(.refused, "the server takes at most \(size(limit))")
            case .notRepeatable:
                Failure(
                    .unreachable,
                    "the connection broke, and the input cannot be read again; nothing was stored",
                    hint: "run it again, or share a file: that goes on by itself")
            }
    }
}

/// What a refusal of the server means.
extension Failure {
    private init(refusal: Refusal) {
        let retry = refusal.retryAfter.map { "try again in \(duration($0))" }
        let when = refusal.at.map { " (\(localTime($0)))" } ?? ""
        switch refusal.code {
        case .notFound:
            self.init(.gone, "no such secret", hint: "the link may be mistyped or cut, or what it led to has been gone for long")
        case .claimed: self.init(.gone, "somebody has just opened it\(when)", hint: "if that was not you, tell the sender")
        case .opened: self.init(.gone, "it was opened before\(when)", hint: "if that was not you, tell the sender")
        case .expired: self.init(.gone, "it has expired\(when)")
        case .revoked: self.init(.gone, "the sender took it back\(when)")
        case .leaseEnded:
            self.init(
                .gone, "the time to finish opening it has run out",
                hint: refusal.state == .waiting ? "the link can be opened anew: run the command again" : nil)
        case .noLease: self.init(.gone, "the server knows nothing of this download")
        case .wrongKey: self.init(.wrongKey, "the passphrase is wrong", hint: "nothing has been used up")
        case .tooManyAttempts: self.init(.refused, "too many wrong passphrases", hint: retry)
        case .tooManyRequests: self.init(.refused, "the server asks to slow down", hint: retry)
        case .tooLarge: self.init(.refused, "it is larger than the server takes")
        case .tooSlow: self.init(.refused, "the upload was too slow for the server")
        case .storageFull: self.init(.refused, "the server is full", hint: retry)
        case .ttlOutOfRange, .viewsOutOfRange:
            self.init(.refused, refusal.detail.isEmpty ? "the server does not allow that" : refusal.detail)
        case .missingToken, .notAllowed:
            self.init(
                .failed, "the server does not let everybody share",
                hint: "ask its owner for a token and pass --create-token-file FILE")
        case .shuttingDown, .storageUnavailable: self.init(.unreachable, "the server is out of service", hint: retry)
        default:
            let detail = refusal.detail.isEmpty ? "" : ": \(refusal.detail)"
            let isGateway = [502, 503, 504].contains(refusal.status)
            self.init(
                isGateway ? .unreachable : .failed, "the server refused with status \(refusal.status)\(detail)", hint: retry)
        }
    }
}
