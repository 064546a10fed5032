/// The exit codes, as documented.
enum ExitStatus: Int32 {
    case done = 0
    case failed = 1
    /// No such secret, or already gone.
    case gone = 3
    /// Wrong link key or passphrase.
    case wrongKey = 4
    case corrupt = 5
    case unreachable = 6
    /// Refused by a limit.
    case refused = 7
    /// sysexits.h: the command was used wrongly.
    case usage = 64
}
