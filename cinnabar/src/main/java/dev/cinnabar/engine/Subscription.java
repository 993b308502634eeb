package dev.cinnabar.engine;

import dev.cinnabar.base.Bytes;
import java.nio.charset.StandardCharsets;

/// The three sorts of subscriptions, with the words in which each is confirmed.
///
/// A shard channel differs from a channel in a cluster only, where it lives on one node; here it is a second
/// set of names.
enum Subscription {
    CHANNEL("subscribe", "message"),
    PATTERN("psubscribe", "pmessage"),
    SHARD("ssubscribe", "smessage");

    private final Bytes begun;
    private final Bytes ended;
    private final byte[] message;

    Subscription(String word, String message) {
        this.begun = Bytes.of(word);
        this.ended = Bytes.of(word.replace("sub", "unsub"));
        this.message = ("$" + message.length() + "\r\n" + message + "\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    /// What is confirmed when it begins.
    Bytes begun() {
        return begun;
    }

    /// And when it ends.
    Bytes ended() {
        return ended;
    }

    /// The first element of what subscribers are sent, a bulk string.
    byte[] message() {
        return message;
    }
}
