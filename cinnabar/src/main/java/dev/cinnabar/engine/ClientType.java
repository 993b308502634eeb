package dev.cinnabar.engine;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.command.Errors;
import dev.cinnabar.command.Refusal;

/// The kinds of connections that CLIENT LIST and CLIENT KILL tell apart. Monitors are normal ones.
enum ClientType {
    NORMAL,
    MASTER,
    REPLICA,
    PUBSUB;

    /// @throws Refusal when there is no such type
    static ClientType of(Bytes word) {
        for (ClientType type : values()) if (word.isWord(type.name())) return type;
        if (word.isWord("SLAVE")) return REPLICA;
        throw new Refusal("ERR Unknown client type '" + Errors.echo(word) + "'");
    }
}
