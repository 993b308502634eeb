package dev.cinnabar.base;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// How a text is written in RESP, to clients as in the log: `$5\r\nhello\r\n`; and the head of an array of
/// such. Any thread.
public final class BulkString {
    /// No text needs more bytes around it.
    public static final int MOST_AROUND = 1 + Numbers.MAX_LONG_CHARS + 4;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final short CRLF = '\n' << 8 | '\r';

    private static final int SHORT_TEXT = 128;
    private static final int HEAD_LENGTH_SHIFT = 56;

    /// What stands before a short text, by its length: `$5\r\n` in the lower bytes, the number of these in
    /// the highest.
    private static final long[] HEADS = heads();

    private BulkString() {}

    private static long[] heads() {
        long[] heads = new long[SHORT_TEXT];
        for (int length = 0; length < SHORT_TEXT; length++) {
            byte[] text = ("$" + length + "\r\n").getBytes(StandardCharsets.US_ASCII);
            for (int i = 0; i < text.length; i++) heads[length] |= (long) text[i] << 8 * i;
            heads[length] |= (long) text.length << HEAD_LENGTH_SHIFT;
        }
        return heads;
    }

    /// Writes a text with its length into an array with room for [#MOST_AROUND] bytes more than it has. Some of
    /// the bytes behind it may be overwritten, too.
    ///
    /// @return where it ends
    public static int write(byte[] source, int offset, int length, byte[] target, int at) {
        at = writeHead(length, target, at);
        Bytes.copy(source, offset, target, at, length);
        at += length;
        SHORT.set(target, at, CRLF);
        return at + 2;
    }

    /// How many bytes [#writeArray] needs at the most.
    public static long mostBytes(int argc, Bytes[] argv) {
        long most = MOST_AROUND;
        for (int i = 0; i < argc; i++) most += MOST_AROUND + argv[i].length();
        return most;
    }

    /// Writes texts as an array, a command in its words, where there is room for [#mostBytes].
    ///
    /// @return where it ends
    public static int writeArray(int argc, Bytes[] argv, byte[] target, int at) {
        at = writeArrayHead(argc, target, at);
        for (int i = 0; i < argc; i++) {
            Bytes arg = argv[i];
            at = write(arg.array(), arg.offset(), arg.length(), target, at);
        }
        return at;
    }

    private static int writeArrayHead(int count, byte[] target, int at) {
        int end = writeHead(count, target, at);
        target[at] = '*';
        return end;
    }

    private static int writeHead(int length, byte[] target, int at) {
        if (length < SHORT_TEXT) { // speed only
            long head = HEADS[length];
            LONG.set(target, at, head);
            return at + (int) (head >>> HEAD_LENGTH_SHIFT);
        }
        target[at++] = '$';
        at += Numbers.print(length, target, at);
        SHORT.set(target, at, CRLF);
        return at + 2;
    }
}
