package import HTTPTypes
import LatchkeyTokens

/// All routes of a server: the one list that requests, the 405 responses, the metrics labels, OpenAPI and the tests
/// read.
package struct RouteTable: Sendable {
    /// A path template with everything that is registered for it.
    package struct Resource: Sendable {
        package let template: String
        package let errorFormat: ErrorFormat
        /// In the order of registration, `HEAD` not listed.
        package let routes: [Route]
        fileprivate let segments: [Substring.UTF8View]

        /// The methods that are answered, for `Allow`: `HEAD` with most `GET`, and `OPTIONS` where it is answered.
        package var allowedMethods: [HTTPRequest.Method] {
            let own = routes.map(\.method)
            return own + (routes.contains(where: \.answersHead) ? [.head] : []) + (grantsLeave ? [] : [.options])
        }

        /// Whether a reverse proxy takes any 2xx of this path as permission to pass a request on.
        var grantsLeave: Bool { routes.contains { $0.access == .forwarded } }

        /// The route for a method; `HEAD` finds the `GET` route that answers it.
        package func route(for method: HTTPRequest.Method) -> Route? {
            routes.first { $0.method == method || (method == .head && $0.answersHead) }
        }

        /// The part of a matched path at the template's `{name}`, still percent-encoded.
        func segment(_ name: String, of path: String) -> Substring? {
            let index = segments.firstIndex { segment in
                Self.isCapture(segment) && segment.dropFirst().dropLast().elementsEqual(name.utf8)
            }
            guard let index, case let parts = RouteTable.segments(of: path), index < parts.count else { return nil }
            return Substring(parts[index])
        }

        fileprivate func matches(_ path: [Substring.UTF8View]) -> Bool {
            guard path.count == segments.count else { return false }
            return zip(segments, path).allSatisfy { segment, part in
                Self.isCapture(segment) ? !part.isEmpty : segment.elementsEqual(part)
            }
        }

        fileprivate var isFixed: Bool { !segments.contains(where: Self.isCapture) }

        private static func isCapture(_ segment: Substring.UTF8View) -> Bool {
            segment.first == UInt8(ascii: "{")
        }
    }

    package let resources: [Resource]
    private let fixed: [String: Resource]
    private let captured: [Resource]

    /// Every pair of method and template, and every operation id, must be unique: a repetition is a bug of ours.
    package init(_ routes: [Route]) {
        var order: [String] = []
        var grouped: [String: [Route]] = [:]
        for route in routes {
            if grouped[route.template] == nil { order.append(route.template) }
            precondition(
                grouped[route.template, default: []].allSatisfy { $0.method != route.method },
                "\(route.method) \(route.template) is registered twice"
            )
            grouped[route.template, default: []].append(route)
        }
        precondition(Set(routes.map(\.operationID)).count == routes.count, "an operation id is used twice")
        resources = order.map { template in
            let routes = grouped[template] ?? []
            return Resource(
                template: template,
                errorFormat: routes.first?.errorFormat ?? .problem,
                routes: routes,
                segments: Self.segments(of: template)
            )
        }
        fixed = Dictionary(uniqueKeysWithValues: resources.filter(\.isFixed).map { ($0.template, $0) })
        captured = resources.filter { !$0.isFixed }
    }

    /// All routes, resource by resource.
    package var routes: [Route] { resources.flatMap(\.routes) }

    private static func segments(of path: String) -> [Substring.UTF8View] {
        path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    }

    /// The resource that a validated path, which is ASCII, names: exactly, including case and trailing slash. Fixed
    /// templates win.
    package func resolve(_ path: String) -> Resource? {
        if let resource = fixed[path] { return resource }
        let segments = Self.segments(of: path)
        return captured.first { $0.matches(segments) }
    }
}
