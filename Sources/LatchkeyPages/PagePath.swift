/// The paths of the pages that people see, absolute.
package enum PagePath {
    package static let styleSheet = "/pages/latchkey.css"
}
