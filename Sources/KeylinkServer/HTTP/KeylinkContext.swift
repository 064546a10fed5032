import Hummingbird
import NIOCore

/// What goes along with a request: Hummingbird's own, and the channel, by which an answer can be cut.
struct KeylinkContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}
