package dev.cinnabar.command;

import dev.cinnabar.base.BulkString;
import dev.cinnabar.base.ByteBuilder;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Doubles;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.struct.Listpack;
import dev.cinnabar.struct.StreamId;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Writes the answer of a command, in RESP2 or RESP3, straight into the buffer that goes to the client.
///
/// Belongs to a session's executor and is used again and again; nothing is allocated per answer. Every method
/// answers the reply itself, so that a body ends in `return call.reply().integer(n)`. An aggregate is
/// announced with its size and then followed by its elements.
public final class Reply {
    private static final byte[] OK = ascii("+OK\r\n");
    private static final byte[] QUEUED = ascii("+QUEUED\r\n");
    private static final byte[] NULL_BULK = ascii("$-1\r\n");
    private static final byte[] NULL_ARRAY = ascii("*-1\r\n");
    private static final byte[] NULL = ascii("_\r\n");
    private static final byte[] TRUE = ascii("#t\r\n");
    private static final byte[] FALSE = ascii("#f\r\n");

    private ByteBuilder out = new ByteBuilder(16);
    private boolean isResp3;
    private int errors;
    private boolean isPush;

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /// Says where the answer goes and in which version of the protocol. Called before each command.
    public void to(ByteBuilder out, boolean isResp3) {
        if (this.out != out) this.out = out; // speed only: to store a reference costs a barrier of the collector
        this.isResp3 = isResp3;
        this.errors = 0;
        this.isPush = false;
    }

    public boolean isResp3() {
        return isResp3;
    }

    /// The buffer behind, for those who move finished answers.
    public ByteBuilder out() {
        return out;
    }

    /// Whether [#push] was written since [#to]: the client gets it even when it wants no answers (CLIENT
    /// REPLY).
    public boolean isPush() {
        return isPush;
    }

    /// How many errors were written since [#to].
    public int errors() {
        return errors;
    }

    /// Makes room for a long answer at once, instead of growing over and over to twice the size, with a copy of
    /// what is there.
    ///
    /// @param bytes how many are about to be written
    public void reserve(long bytes) {
        out.reserve((int) Math.min(bytes, Integer.MAX_VALUE));
    }

    // ---- single values ----

    public Reply ok() {
        out.append(OK);
        return this;
    }

    /// OK, or an error in Java's text, which may hold any character (the name of a file, say).
    ///
    /// @param error null when all is well
    public Reply okUnless(@Nullable String error) {
        return error == null ? ok() : error(Errors.ofJava(error));
    }

    public Reply queued() {
        out.append(QUEUED);
        return this;
    }

    /// A status: `+text`. Must not hold CR or LF.
    public Reply simple(String text) {
        out.append('+').append(text).appendCrlf();
        return this;
    }

    /// An error: `-text`, beginning with a code. CR and LF, which may come from arguments quoted in it,
    /// become blanks.
    ///
    /// @param text one char per byte, since a client's words need not be text: see [Errors#echo] and
    ///             [Errors#ofJava]
    public Reply error(String text) {
        errors++;
        return uncountedError(text);
    }

    /// The same for one that was asked for, and is none (DEBUG ERROR).
    public Reply uncountedError(String text) {
        out.append('-');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            assert c <= 0xff : text;
            out.append((byte) (c == '\r' || c == '\n' ? ' ' : c));
        }
        out.appendCrlf();
        return this;
    }

    public Reply integer(long value) {
        out.append(':').append(value).appendCrlf();
        return this;
    }

    /// True or false, as 1 or 0: what commands of RESP2 times answer in both versions.
    public Reply integer(boolean value) {
        return integer(value ? 1 : 0);
    }

    public Reply bulk(Bytes value) {
        return bulk(value.array(), value.offset(), value.length());
    }

    public Reply bulk(byte[] array, int offset, int length) {
        int at = out.reserve(BulkString.MOST_AROUND + length);
        out.advance(BulkString.write(array, offset, length, out.array(), at) - at);
        return this;
    }

    /// Text as a bulk string in UTF-8.
    public Reply bulk(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return bulk(bytes, 0, bytes.length);
    }

    /// A number as a bulk string of its digits.
    public Reply bulk(long number) {
        out.append('$')
                .append((long) Numbers.length(number))
                .appendCrlf()
                .append(number)
                .appendCrlf();
        return this;
    }

    /// An entry of a listpack, or what is shown as one, as a bulk string.
    public Reply bulk(Listpack.Entry entry) {
        return entry.isNumber() ? bulk(entry.number()) : bulk(entry.bytes());
    }

    /// The text of the bulk string that was answered last: a copy that stays as it is while values change,
    /// until the reply is taken back.
    ///
    /// @param length of the text, in bytes
    Bytes lastText(int length) {
        return new Bytes(out.array(), out.length() - 2 - length, length);
    }

    /// The id of a stream's entry as a bulk string, `ms-seq`.
    public Reply id(long ms, long seq) {
        int length = StreamId.length(ms, seq);
        out.append('$').append((long) length).appendCrlf();
        int at = out.reserve(length);
        StreamId.print(ms, seq, out.array(), at);
        out.advance(length);
        out.appendCrlf();
        return this;
    }

    /// A text that is meant to be read: a verbatim string in RESP3, a bulk string in RESP2.
    public Reply verbatim(String text) {
        if (!isResp3) return bulk(text);
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.append('=')
                .append(bytes.length + 4L)
                .appendCrlf()
                .append("txt:")
                .append(bytes)
                .appendCrlf();
        return this;
    }

    /// Nothing, where a single value is expected.
    public Reply nil() {
        out.append(isResp3 ? NULL : NULL_BULK);
        return this;
    }

    /// Nothing, where an array is expected.
    public Reply nilArray() {
        out.append(isResp3 ? NULL : NULL_ARRAY);
        return this;
    }

    /// A truth value: `#t` in RESP3, 1 or 0 in RESP2.
    public Reply bool(boolean value) {
        if (!isResp3) return integer(value);
        out.append(value ? TRUE : FALSE);
        return this;
    }

    /// A floating point number, given as its text: a double in RESP3, a bulk string in RESP2.
    public Reply decimal(String text) {
        if (!isResp3) return bulk(text);
        out.append(',').append(text).appendCrlf();
        return this;
    }

    /// A floating point number with up to 17 digits, as scores are answered. No garbage for whole numbers.
    public Reply decimal(double value) {
        if (!Doubles.isWhole(value)) return decimal(Doubles.print(value));
        if (!isResp3) return bulk((long) value);
        out.append(',').append((long) value).appendCrlf();
        return this;
    }

    /// What was written elsewhere, as it is: a whole value in the protocol's form.
    public Reply raw(byte[] array, int offset, int length) {
        out.append(array, offset, length);
        return this;
    }

    // ---- aggregates: the head; the elements follow ----

    public Reply array(long size) {
        return head('*', size);
    }

    /// @param pairs how many keys, each followed by its value; a flat array in RESP2
    public Reply map(long pairs) {
        return isResp3 ? head('%', pairs) : head('*', 2 * pairs);
    }

    /// A set in RESP3, an array in RESP2.
    public Reply set(long size) {
        return head(isResp3 ? '~' : '*', size);
    }

    /// Out-of-band data: a push in RESP3, an array in RESP2.
    public Reply push(long size) {
        isPush = true;
        return head(isResp3 ? '>' : '*', size);
    }

    private Reply head(char type, long size) {
        out.append(type).append(size).appendCrlf();
        return this;
    }

    // ---- aggregates whose size shows only at the end ----

    /// Begins an aggregate of unknown size; the elements follow, then [#endArray], [#endMap] or [#endSet]
    /// with what this answers.
    public int begin() {
        return out.length();
    }

    public Reply endArray(int begin, long size) {
        return insertHead(begin, '*', size);
    }

    public Reply endMap(int begin, long pairs) {
        return isResp3 ? insertHead(begin, '%', pairs) : insertHead(begin, '*', 2 * pairs);
    }

    public Reply endSet(int begin, long size) {
        return insertHead(begin, isResp3 ? '~' : '*', size);
    }

    /// What the SCAN commands answer: where to go on, and the elements since [#begin].
    public Reply endPage(int begin, long cursor, long size) {
        insertHead(begin, '*', size);
        String text = Long.toUnsignedString(cursor);
        return insert(begin, "*2\r\n$" + text.length() + "\r\n" + text + "\r\n");
    }

    /// What XAUTOCLAIM answers: the id at which to go on, and the two arrays since [#begin].
    public Reply endClaims(int begin, long ms, long seq) {
        String text = StreamId.text(ms, seq);
        return insert(begin, "*3\r\n$" + text.length() + "\r\n" + text + "\r\n");
    }

    private Reply insert(int begin, String head) {
        byte[] array = moveUp(begin, head.length());
        for (int i = 0; i < head.length(); i++) array[begin + i] = (byte) head.charAt(i);
        return this;
    }

    private Reply insertHead(int begin, char type, long size) {
        byte[] array = moveUp(begin, 1 + Numbers.length(size) + 2);
        array[begin] = (byte) type;
        int digits = Numbers.print(size, array, begin + 1);
        array[begin + 1 + digits] = '\r';
        array[begin + 2 + digits] = '\n';
        return this;
    }

    /// Makes room in front of what was written since [#begin]. One copy of it.
    private byte[] moveUp(int begin, int bytes) {
        out.reserve(bytes);
        byte[] array = out.array();
        System.arraycopy(array, begin, array, begin + bytes, out.length() - begin);
        out.advance(bytes);
        return array;
    }

    /// Lines to be read, as an array of statuses: what the HELP of a container answers.
    public Reply lines(String... lines) {
        array(lines.length);
        for (String line : lines) simple(line);
        return this;
    }

    /// Text, or nothing.
    public Reply bulkOrNil(@Nullable String text) {
        return text == null ? nil() : bulk(text);
    }
}
