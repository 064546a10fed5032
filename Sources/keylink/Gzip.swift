internal import CZlib

/// What a proxy on the way may have packed anew.
enum Gzip {
    /// What is in it, where that is at most so many octets and nothing but it: browsers differ in what they make of anything behind.
    static func unpacked(_ octets: [UInt8], limit: Int) -> [UInt8]? {
        var stream = z_stream()
        // 16 more than the largest window: gzip's own frame, and no other.
        guard inflateInit2_(&stream, 16 + MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
        defer { inflateEnd(&stream) }
        var (input, output) = (octets, [UInt8](repeating: 0, count: limit + 1))
        return input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
                (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(output.count))
                guard inflate(&stream, Z_FINISH) == Z_STREAM_END, stream.avail_in == 0, stream.avail_out > 0 else { return nil }
                return Array(output.prefix(output.count - Int(stream.avail_out)))
            }
        }
    }
}
