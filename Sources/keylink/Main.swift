internal import ArgumentParser
internal import Foundation

/// Parses, runs, and turns whatever went wrong into the lines and the exit code that the documentation promises.
@main
struct Main {
    /// Not async: Dispatch would then have the main thread wait with every signal let through, and die of the first.
    static func main() {
        Console.occupyClosedStreams()
        Interruption.block()
        // Detached from the main actor, whose thread waits for signals from here on.
        Task.detached { exit(await run().rawValue) }
        Interruption.wait()
    }

    private static func run() async -> ExitStatus {
        do {
            var command = try Keylink.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return .done
        } catch let error where Keylink.isAboutArguments(error) {
            return tell(argumentsError: error)
        } catch {
            let failure = Failure(error)
            Console.tell(failure)
            return failure.status
        }
    }

    /// What the argument parser has to say: help goes to standard output and is no error.
    private static func tell(argumentsError error: any Error) -> ExitStatus {
        guard !Keylink.exitCode(for: error).isSuccess else {
            print(Keylink.message(for: error))
            return .done
        }
        Console.line("error: " + Keylink.message(for: error))
        Console.line("hint: keylink --help tells what there is, keylink help share how to share")
        return .usage
    }
}

/// The root of the command: what it is for and which verbs it has.
struct Keylink: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keylink",
        abstract: "Share a secret through a link that opens once.",
        discussion: """
            The secret is sealed here; the server keeps what it cannot read, and gives it out once.

            Standard output is data, standard error is for people. Exit codes: 0 done, 1 failed, 3 no such secret or \
            already gone, 4 wrong key or passphrase, 5 corrupt, 6 server unreachable, 7 refused by a limit, 64 usage.

            The server is --server, else KEYLINK_SERVER, else "server" in ~/.config/keylink/config.json, else \
            \(Settings.standardServer).
            """,
        version: version,
        subcommands: [
            Share.self, Open.self, LookCommand.self, Status.self, Revoke.self, List.self, Seal.self, Unseal.self, VerifySite.self,
            Vectors.self,
        ])

    /// The project's version.
    static let version = "0.1.0"

    /// Whether the argument parser threw it: a wrong argument, or a request for help or the version.
    static func isAboutArguments(_ error: any Error) -> Bool {
        // Its own errors have no public type; everything of ours is one of these.
        error is ValidationError || error is CleanExit || String(reflecting: type(of: error)).hasPrefix("ArgumentParser.")
    }
}
