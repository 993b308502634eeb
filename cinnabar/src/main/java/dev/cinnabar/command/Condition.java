package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Xxh3;
import dev.cinnabar.store.StringValue;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Under which condition a string is set or deleted.
///
/// A digest is the [XXH3][Xxh3] hash of the value in 16 hexadecimal digits, in either case; what has the
/// length but other characters is no value's digest.
enum Condition {
    NONE,
    NX,
    XX,
    IFEQ,
    IFNE,
    IFDEQ,
    IFDNE;

    private static final int DIGEST_CHARS = 16;
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    /// The condition that an argument names, [#NONE] for other words.
    static Condition at(Call call, int index) {
        int length = call.arg(index).length();
        if (length == 2) return call.is(index, "NX") ? NX : call.is(index, "XX") ? XX : NONE;
        if (length == 4) return call.is(index, "IFEQ") ? IFEQ : call.is(index, "IFNE") ? IFNE : NONE;
        return call.is(index, "IFDEQ") ? IFDEQ : call.is(index, "IFDNE") ? IFDNE : NONE;
    }

    /// Whether it compares with something: the argument behind it.
    boolean hasOperand() {
        return ordinal() >= IFEQ.ordinal();
    }

    /// Checks what it compares with.
    ///
    /// @return the index
    /// @throws Refusal when there is no such argument, or it should be a digest and has the wrong length
    int operand(Call call, int index) {
        if (index >= call.argc()) throw Errors.SYNTAX_REFUSAL;
        boolean isDigest = this == IFDEQ || this == IFDNE;
        if (isDigest && call.arg(index).length() != DIGEST_CHARS) throw new Refusal(Errors.NO_DIGEST);
        return index;
    }

    /// Whether it holds.
    ///
    /// @param isThere whether there is a key
    /// @param value   what is under it, needed only to compare; null for a missing key, which equals nothing
    boolean holds(Call call, int operandAt, boolean isThere, @Nullable StringValue value) {
        return switch (this) {
            case NONE -> true;
            case NX -> !isThere;
            case XX -> isThere;
            case IFEQ -> value != null && value.bytes().equals(call.arg(operandAt));
            case IFNE -> value == null || !value.bytes().equals(call.arg(operandAt));
            case IFDEQ -> value != null && isDigest(value, call.arg(operandAt));
            case IFDNE -> value == null || !isDigest(value, call.arg(operandAt));
        };
    }

    private static boolean isDigest(StringValue value, Bytes text) {
        long hash = Xxh3.of(value.bytes());
        for (int i = 0; i < DIGEST_CHARS; i++) {
            byte digit = text.at(i);
            if (digit >= 'A' && digit <= 'F') digit += 'a' - 'A';
            if (digit != digit(hash, i)) return false;
        }
        return true;
    }

    /// The digest of a value, as DIGEST answers it.
    static Bytes digest(StringValue value) {
        long hash = Xxh3.of(value.bytes());
        byte[] text = new byte[DIGEST_CHARS];
        for (int i = 0; i < DIGEST_CHARS; i++) text[i] = digit(hash, i);
        return Bytes.of(text);
    }

    private static byte digit(long hash, int i) {
        return HEX[(int) (hash >>> 60 - 4 * i) & 15];
    }
}
