/// The paths of an issuer's metadata document (RFC 8414 3.1, and SSF 7.2 after it).
enum WellKnownPaths {
    /// The plain path, and for an issuer with a path also the one that is built by inserting the well-known part
    /// between host and path. A proxy that maps the issuer's path to this server passes either.
    static func paths(_ wellKnown: String, issuer: String) -> [String] {
        let rest = issuer.split(separator: "://", maxSplits: 1).last ?? ""
        var path = rest.drop { $0 != "/" }
        if path.last == "/" { path.removeLast() }
        return path.isEmpty ? [wellKnown] : [wellKnown, wellKnown + path]
    }
}
