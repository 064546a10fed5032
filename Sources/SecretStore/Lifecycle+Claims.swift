public import KeylinkAPI
import Sodium

/// What a holder of L, A and a key asks for.
public enum ClaimCall: Hashable, Sendable {
    /// `POST`: a view, or under a key that has one its octets again.
    case take
    /// `GET`: the octets again.
    case resume
    /// `HEAD`: what `GET` would answer. Changes nothing.
    case peek
    /// `DELETE`: "it arrived whole and is safe with me".
    case acknowledge
}

/// What a claim call that is not refused is given.
public enum ClaimAnswer: Hashable, Sendable {
    case octets
    case acknowledged
}

extension Lifecycle {
    /// Answers a call whose L was right, by the first rule that holds. The order of the rules is the API's, and with it
    /// what nobody can find out: behind a running lease only its holder gets an answer, and a throttled guess is not compared.
    ///
    /// Call ``advance(to:)`` first.
    ///
    /// - Parameter isAccessRight: compares A in constant time. Not called where the rules forbid comparing.
    public mutating func answer(
        _ call: ClaimCall, keyHash: [UInt8], now: Timestamp, isAccessRight: () -> Bool
    ) throws(Refusal) -> ClaimAnswer {
        let index = leases.firstIndex { constantTimeEqual($0.keyHash, keyHash) }

        if let index, leases[index].isRunning {
            guard isAccessRight() else { throw .wrongKey }
            return serve(call, lease: index, now: now)
        }
        if index != nil {
            if call == .acknowledge { return .acknowledged }
            throw .leaseEnded(state)
        }
        guard state == .waiting else { throw .gone(state, at: stateSince) }
        guard call == .take else { throw .noLease }
        if let wait = throttle(at: now) { throw .tooManyAttempts(retryAfterMilliseconds: wait) }
        guard isAccessRight() else {
            noteWrongTry(at: now)
            throw .wrongKey
        }
        takeView(keyHash: keyHash, now: now)
        return .octets
    }

    /// A sign of life from the holder of a running lease: an octet taken.
    public mutating func renewLease(keyHash: [UInt8], now: Timestamp) throws(Refusal) {
        guard let index = leases.firstIndex(where: { $0.isRunning && constantTimeEqual($0.keyHash, keyHash) }) else {
            throw .leaseEnded(state)
        }
        renew(index, now: now)
    }

    private mutating func serve(_ call: ClaimCall, lease index: Int, now: Timestamp) -> ClaimAnswer {
        switch call {
        case .take, .resume:
            renew(index, now: now)
            return .octets
        case .peek:
            return .octets
        case .acknowledge:
            endLease(index, .acknowledged, at: now)
            return .acknowledged
        }
    }

    private mutating func renew(_ index: Int, now: Timestamp) {
        leases[index].deadline = Lease.deadline(startedAt: leases[index].startedAt, size: size, now: now)
    }

    private mutating func takeView(keyHash: [UInt8], now: Timestamp) {
        wrongInARow = 0
        lastWrongAt = nil
        viewsLeft -= 1
        if viewsLeft == 0 { exhaustedAt = now }
        let deadline = Lease.deadline(startedAt: now, size: size, now: now)
        leases.append(Lease(keyHash: keyHash, startedAt: now, deadline: deadline))
        note(.claimed, at: now)
    }

    private mutating func noteWrongTry(at now: Timestamp) {
        failedClaims += 1
        wrongInARow += 1
        lastWrongAt = now
        note(.failed, at: now)
    }

    /// Milliseconds until a claim may be compared again; nil where it may be now. Ten wrong tries are free, then the wait
    /// doubles from a second to an hour.
    private func throttle(at now: Timestamp) -> Int64? {
        guard wrongInARow >= 10, let lastWrongAt else { return nil }
        let wait = min(3_600_000, Int64(1000) << min(wrongInARow - 10, 12))
        // A clock that went back must not lock a reader out for as long as it went.
        let waited = max(0, now.milliseconds - lastWrongAt.milliseconds)
        return waited < wait ? wait - waited : nil
    }
}
