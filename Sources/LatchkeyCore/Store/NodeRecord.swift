package import LatchkeyTokens

/// What a node says about itself when it enters a cluster.
package struct NodeCard: Sendable {
    package let issuer: String
    package let masterKeys: MasterKeyFingerprints
    /// Whether it serves; a command that writes to the database for a moment does not.
    package let serves: Bool
    /// The epoch of the revocation list if this node has to begin a new one; it was never used before.
    package let epoch: String

    package init(issuer: String, masterKeys: MasterKeyFingerprints, serves: Bool, epoch: String) {
        self.issuer = issuer
        self.masterKeys = masterKeys
        self.serves = serves
        self.epoch = epoch
    }
}

/// A node as the cluster knows it.
package struct NodeRecord: Sendable, Equatable {
    package let id: String
    /// For people: the machine's name.
    package let name: String
    package let program: String
    /// The last file of the schema that its program knows.
    package let schema: Int64
    package let issuer: String
    package let masterKeys: MasterKeyFingerprints
    /// False for a command, and for a node that has stopped.
    package let serves: Bool
    package let startedAt: Timestamp
    package let seenAt: Timestamp
    /// Serves, and was seen lately.
    package let isLiving: Bool
    /// How many entries of the log it had not published when it was last seen.
    package let behind: Int64

    package init(
        id: String, name: String, program: String, schema: Int64, issuer: String, masterKeys: MasterKeyFingerprints,
        serves: Bool, startedAt: Timestamp, seenAt: Timestamp, isLiving: Bool, behind: Int64
    ) {
        self.id = id
        self.name = name
        self.program = program
        self.schema = schema
        self.issuer = issuer
        self.masterKeys = masterKeys
        self.serves = serves
        self.startedAt = startedAt
        self.seenAt = seenAt
        self.isLiving = isLiving
        self.behind = behind
    }
}

/// Whether a node may enter beside those that serve.
///
/// | this node | |
/// | --- | --- |
/// | another issuer than a living node | refused |
/// | a slot with another key than a living node's | refused |
/// | its current slot is missing on a living node | refused: that one could not read what it seals |
/// | a living node's current slot is missing here | refused |
/// | further slots | may enter: a new slot is brought to one node after the other |
package enum NodeAgreement {
    /// - Returns: a sentence that says what to do; nil when the node may enter.
    package static func objection(issuer: String, masterKeys: MasterKeyFingerprints, living: [NodeRecord]) -> String? {
        for node in living {
            guard node.issuer.utf8.elementsEqual(issuer.utf8) else {
                return "the nodes that serve have the issuer \(node.issuer), and this one has \(issuer): "
                    + "give all nodes the same issuer, or stop the others first"
            }
            let shared = Set(masterKeys.slots.keys).intersection(node.masterKeys.slots.keys)
            for slot in shared.sorted() where masterKeys.slots[slot] != node.masterKeys.slots[slot] {
                return "slot \(slot) of this master key is another key than the one that node \(node.name) has: "
                    + "give all nodes the same master key"
            }
            guard node.masterKeys.slots[masterKeys.current] != nil else {
                return "node \(node.name) lacks slot \(masterKeys.current) of the master key, which this node would "
                    + "seal with: give it the slot first"
            }
            guard masterKeys.slots[node.masterKeys.current] != nil else {
                return "this master key lacks slot \(node.masterKeys.current), which node \(node.name) seals with: "
                    + "give all nodes the same master key"
            }
        }
        return nil
    }
}
