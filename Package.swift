// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "latchkey",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "latchkey", targets: ["latchkey"]),
        .library(name: "LatchkeyTokens", targets: ["LatchkeyTokens"]),
        .library(name: "LatchkeyVerifier", targets: ["LatchkeyVerifier"]),
    ],
    traits: [
        .trait(name: "Postgres", description: "Several nodes on PostgreSQL; needs libpq."),
        .default(enabledTraits: []),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // Tests only: reads our tokens with code that is not ours.
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        .systemLibrary(name: "CArgon2", pkgConfig: "libargon2", providers: [.apt(["libargon2-dev"])]),
        .systemLibrary(name: "CCrypt", pkgConfig: "libcrypt", providers: [.apt(["libcrypt-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        // How tasks wait, and threads of our own; knows nothing of Latchkey.
        .target(name: "Waiting", dependencies: [.product(name: "DequeModule", package: "swift-collections")]),
        // How bytes are spelled, drawn and compared; knows nothing of Latchkey.
        .target(name: "LatchkeyBytes"),
        .target(name: "Argon2", dependencies: ["CArgon2", "CCrypt", "LatchkeyBytes", "Waiting"]),
        .target(name: "OpenSSL", dependencies: ["COpenSSL"]),
        .target(
            name: "LatchkeyTokens",
            dependencies: [
                "LatchkeyBytes",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "HashTreeCollections", package: "swift-collections"),
            ]
        ),
        // For services: checks tokens without asking the server.
        .target(
            name: "LatchkeyVerifier",
            dependencies: [
                "LatchkeyTokens",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .target(
            name: "LatchkeyCore",
            dependencies: [
                "Argon2", "LatchkeyBytes", "LatchkeyTokens", "OpenSSL", "Waiting",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .target(
            name: "LatchkeyMigrations",
            dependencies: [.product(name: "Crypto", package: "swift-crypto")],
            path: "Migrations",
            resources: [.embedInCode("postgres"), .embedInCode("sqlite")]
        ),
        // The statements, a file a table, in the words that every database takes.
        .target(name: "LatchkeySQL", dependencies: ["LatchkeyCore", "LatchkeyTokens"]),
        .target(
            name: "LatchkeySQLite",
            dependencies: [
                "CSQLite", "LatchkeyBytes", "LatchkeyCore", "LatchkeyMigrations", "LatchkeySQL", "LatchkeyTokens",
                "Waiting",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        // Empty without the trait.
        .target(
            name: "LatchkeyPostgres",
            dependencies: [
                .target(name: "CPostgres", condition: .when(traits: ["Postgres"])),
                "LatchkeyBytes", "LatchkeyCore", "LatchkeyMigrations", "LatchkeySQL", "LatchkeyTokens", "Waiting",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .target(
            name: "LatchkeyHTTP",
            dependencies: [
                "CZlib", "LatchkeyBytes", "LatchkeyCore", "LatchkeyTokens", "Waiting",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        // What people see: templates, forms and texts. Knows no store.
        .target(
            name: "LatchkeyPages",
            dependencies: [
                "LatchkeyBytes", "LatchkeyCore", "LatchkeyHTTP", "LatchkeyTokens",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]
        ),
        .executableTarget(
            name: "latchkey",
            dependencies: [
                "Argon2", "LatchkeyBytes", "LatchkeyCore", "LatchkeyHTTP", "LatchkeyPages",
                .target(name: "LatchkeyPostgres", condition: .when(traits: ["Postgres"])),
                "LatchkeyMigrations", "LatchkeySQLite", "LatchkeyTokens", "LatchkeyVerifier", "Waiting",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ]
        ),
        // How a service uses LatchkeyVerifier; nothing depends on it.
        .executableTarget(
            name: "LatchkeyExampleService",
            dependencies: [
                "LatchkeyTokens", "LatchkeyVerifier",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .executableTarget(
            name: "LatchkeyBench",
            dependencies: [
                "Argon2", "CSQLite", "LatchkeyBytes", "LatchkeyCore", "LatchkeyTokens", "LatchkeyVerifier", "Waiting",
                .product(name: "Crypto", package: "swift-crypto"),
            ]
        ),
        // What every store has to pass; knows none of them.
        .target(
            name: "StoreConformance", dependencies: ["LatchkeyCore", "LatchkeyTokens", "TestConditions"],
            path: "Tests/StoreConformance"),
        // How tests wait and draw random histories; knows nothing of ours.
        .target(name: "TestConditions", path: "Tests/TestConditions"),
        .target(
            name: "TestSupport",
            dependencies: [
                "latchkey", "Argon2", "LatchkeyBytes", "LatchkeyCore", "LatchkeyHTTP", "LatchkeyMigrations",
                "LatchkeySQLite", "LatchkeyTokens", "TestConditions", "Waiting",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Tests/TestSupport"
        ),
        .testTarget(name: "WaitingTests", dependencies: ["TestConditions", "Waiting"]),
        .testTarget(name: "LatchkeyBytesTests", dependencies: ["LatchkeyBytes", "TestConditions"]),
        .testTarget(name: "Argon2Tests", dependencies: ["Argon2", "LatchkeyBytes", "TestConditions"]),
        .testTarget(name: "OpenSSLTests", dependencies: ["LatchkeyBytes", "OpenSSL"]),
        .testTarget(
            name: "LatchkeyTokensTests",
            dependencies: [
                "CZlib", "LatchkeyBytes", "LatchkeyTokens", "TestConditions",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ]
        ),
        .testTarget(
            name: "LatchkeyVerifierTests",
            dependencies: [
                "LatchkeyBytes", "LatchkeyTokens", "LatchkeyVerifier", "TestConditions", "TestSupport",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "LatchkeyCoreTests",
            dependencies: [
                "LatchkeyCore", "LatchkeyTokens", "Argon2", "TestConditions",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(
            name: "LatchkeySQLiteTests",
            dependencies: [
                "CSQLite", "LatchkeyCore", "LatchkeySQL", "LatchkeySQLite", "LatchkeyMigrations", "LatchkeyTokens",
                "StoreConformance", "TestConditions", "Waiting",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(
            name: "LatchkeyPostgresTests",
            dependencies: [
                "LatchkeyCore", "LatchkeyMigrations", "LatchkeyPostgres", "LatchkeySQL", "LatchkeySQLite",
                "LatchkeyTokens", "StoreConformance", "TestConditions", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(
            name: "LatchkeyHTTPTests",
            dependencies: [
                "latchkey", "LatchkeyBytes", "LatchkeyCore", "LatchkeyHTTP", "LatchkeyTokens", "TestConditions",
                "TestSupport",
                "Waiting",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        .testTarget(
            name: "LatchkeyPagesTests",
            dependencies: [
                "LatchkeyBytes", "LatchkeyCore", "LatchkeyHTTP", "LatchkeyPages", "LatchkeyTokens", "TestConditions",
                "TestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "latchkey", "LatchkeyBytes", "LatchkeyCore", "LatchkeyHTTP", "LatchkeyMigrations", "LatchkeyPostgres",
                "LatchkeySQL", "LatchkeySQLite", "LatchkeyTokens", "LatchkeyVerifier", "TestConditions", "TestSupport",
                "Waiting",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "RepositoryTests",
            dependencies: [
                "latchkey", "LatchkeyCore", "LatchkeyHTTP", "LatchkeyMigrations", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
    ]
)

// The same strict settings everywhere; they bind our code, never a dependency's.
for target in package.targets where target.type != .system {
    target.swiftSettings = [
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
        .enableUpcomingFeature("ExistentialAny"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
        .enableUpcomingFeature("InternalImportsByDefault"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
        .enableUpcomingFeature("MemberImportVisibility"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .treatAllWarnings(as: .error),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0458-strict-memory-safety.md
        .strictMemorySafety(),
    ]
}
