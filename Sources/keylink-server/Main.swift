import Foundation
import KeylinkServer

@main
struct Main {
    static func main() async {
        // Files that this process makes are its own user's alone.
        umask(0o077)
        exit(await runServer(arguments: CommandLine.arguments, environment: ProcessInfo.processInfo.environment))
    }
}
