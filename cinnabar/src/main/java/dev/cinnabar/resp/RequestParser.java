package dev.cinnabar.resp;

import dev.cinnabar.base.Numbers;
import java.nio.charset.StandardCharsets;

/// Finds requests in bytes: `*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`, or `GET k\r\n` as a person types it.
///
/// Resumable: when a request is not all there yet, the same bytes and more are shown again later, and the
/// parser goes on where it stopped; no byte is looked at twice. Copies nothing (but arguments of inline
/// requests) and allocates nothing once its lists have grown. Not thread-safe; one per connection.
public final class RequestParser {
    /*
     *     from                 from + position                  to
     *      │                    │                               │
     *      * 3 \r\n $ 3 \r\n S E T \r\n $ 6 \r\n k e y : 1 7 \r\n $ 1 0 …
     *
     *   argsLeft       how many arguments are still to come; 0 = the request has not begun
     *   bulkLength     the length of the one that begins at `position`; negative = its length line begins there
     *   scanned        up to where a line that begins at `position` is known to have no end, relative to it
     *
     * All offsets are relative to `from`, for the bytes may lie elsewhere the next time.
     *
     * Redis does not look at the two bytes behind an argument, nor at the one behind a \r; neither do we. It
     * searches line ends as C does: what follows a NUL is not seen, and such a line never ends. That is kept,
     * because clients' garbage then meets the limit of a line, as there.
     */

    /// What became of the bytes.
    public enum Outcome {
        /// A request is complete: [#request()]; it took [#consumed()] bytes.
        COMPLETE,
        /// The request is not all there. Keep the bytes and show them again, from the same beginning, with
        /// more; [#missing()] may tell how many more.
        INCOMPLETE,
        /// [#consumed()] bytes asked for nothing: an empty line, or a request of no arguments.
        EMPTY,
        /// The bytes break the protocol: [#error()]. Nothing after them can be understood; [#reset()] starts
        /// anew.
        ERROR,
        /// [#consumed()] bytes of a request that is given up were skipped, and more of it is to come.
        DISCARDING,
        /// A request that was given up is over, after [#consumed()] more bytes.
        DISCARDED
    }

    private static final byte[] NOTHING = new byte[0];
    private static final int NONE = -1;

    /// A larger buffer for inline arguments is let go as soon as the request has run, in bytes.
    private static final int KEEP_INLINE = 1024;

    private final RequestLimits limits;
    private Request request = new Request();
    private boolean authenticated;

    private int argsLeft;
    private int bulkLength = NONE;
    private int position;
    private int scanned;
    private boolean discards;
    private long toSkip; // of the argument that is being discarded, its two last bytes included

    private int consumed;
    private long missing;
    private byte[] error = NOTHING;
    private byte[] inline = NOTHING;

    public RequestParser(RequestLimits limits) {
        this.limits = limits;
    }

    /// Whether the client has said who it is, or need not; until then requests have to be small.
    public void authenticated(boolean isAuthenticated) {
        authenticated = isAuthenticated;
    }

    /// The last complete request; its content is valid until the next [#parse], and only as long as the array
    /// is.
    public Request request() {
        return request;
    }

    /// Hands over the last complete request: so that several requests can be looked at together. Not for
    /// inline requests, whose arguments lie in a buffer that the next one overwrites: [#isInline].
    ///
    /// @param other a place for it
    /// @return the place where it is now; another one if it is long, and then the parser keeps the one given
    public Request exchange(Request other) {
        if (request.isShort()) {
            request.copyTo(other);
            return other;
        }
        Request complete = request;
        request = other;
        return complete;
    }

    /// Whether the last complete request was an inline one.
    public boolean isInline() {
        return request.array() == inline;
    }

    /// Whether the words of the last inline request take more room than is kept for the next one.
    public boolean hasLargeInline() {
        return inline.length > KEEP_INLINE;
    }

    /// Says that the bytes shown so far may be given back, and that what was complete has been run: nothing
    /// of them is kept.
    public void letGo() {
        if (hasLargeInline()) inline = NOTHING;
        request.forgetArray();
    }

    /// How many bytes, from `from`, are used up. 0 when more are needed, and after an error.
    public int consumed() {
        return consumed;
    }

    /// After [Outcome#INCOMPLETE]: how many bytes the current argument still needs, or 0 if that cannot be
    /// said.
    public long missing() {
        return missing;
    }

    /// After [Outcome#ERROR]: Redis's words, such as `Protocol error: invalid bulk length`, in bytes, for
    /// they may quote what the client sent.
    public byte[] error() {
        return error;
    }

    /// Forgets what was begun: the next bytes are the beginning of a request.
    public void reset() {
        argsLeft = 0;
        bulkLength = NONE;
        position = 0;
        scanned = 0;
        discards = false;
        toSkip = 0;
    }

    /// Looks for a request at the beginning of `array[from..to)`.
    public Outcome parse(byte[] array, int from, int to) {
        consumed = 0;
        missing = 0;
        if (discards) return discard(array, from, to);
        if (argsLeft > 0) return parseArguments(array, from, to, from + position);
        if (from >= to) return Outcome.INCOMPLETE;

        if (position == 0 && scanned == 0) request.begin();
        if (array[from] != '*') return parseInline(array, from, to);
        if (to - from >= 4 && array[from + 2] == '\r') {
            int digit = array[from + 1] - '0'; // speed only: parseCount gives the same answer
            if (digit >= 1 && digit <= 9) {
                argsLeft = digit;
                scanned = 0;
                return parseArguments(array, from, to, from + 4);
            }
        }
        return parseCount(array, from, to);
    }

    // ---- a request of counted arguments ----

    private Outcome parseCount(byte[] array, int from, int to) {
        int end = lineEnd(array, from, to, '\r');
        if (end == NONE || end + 1 == to) {
            return to - from > RequestLimits.MAX_LINE && end == NONE
                    ? fail("too big mbulk count string")
                    : Outcome.INCOMPLETE;
        }
        if (!Numbers.isLong(array, from + 1, end - from - 1)) return fail("invalid multibulk length");
        long count = Numbers.parse(array, from + 1, end - from - 1);
        if (count > RequestLimits.MAX_ARGUMENTS) return fail("invalid multibulk length");
        if (count > RequestLimits.MAX_ARGUMENTS_UNAUTHENTICATED && !authenticated) {
            return fail("unauthenticated multibulk length");
        }
        int next = end + 2;
        if (count <= 0) return empty(next - from);
        argsLeft = (int) count;
        scanned = 0;
        return parseArguments(array, from, to, next);
    }

    private Outcome parseArguments(byte[] array, int from, int to, int next) {
        int left = argsLeft;
        int argc = request.argc();
        int length = bulkLength;
        long[] args = request.room();
        while (left > 0) {
            if (length < 0) {
                // speed only: parseLength gives the same answer
                int room = to - next;
                if (room >= 5 && array[next] == '$' && scanned == 0) {
                    int tens = array[next + 1] - '0';
                    int ones = array[next + 2] - '0';
                    if (array[next + 2] == '\r' && tens >= 0 && tens <= 9) {
                        length = tens;
                        next += 4;
                    } else if (array[next + 3] == '\r' && tens >= 1 && tens <= 9 && ones >= 0 && ones <= 9) {
                        length = 10 * tens + ones;
                        next += 5;
                    }
                }
                if (length < 0) {
                    position = next - from;
                    Outcome outcome = parseLength(array, next, to);
                    if (outcome != Outcome.COMPLETE) {
                        argsLeft = left;
                        bulkLength = NONE;
                        request.argc(argc);
                        return outcome;
                    }
                    length = bulkLength;
                    next = from + position;
                }
            }
            if (to - next < length + 2L) {
                argsLeft = left;
                bulkLength = length;
                position = next - from;
                request.argc(argc);
                missing = length + 2L - (to - next);
                return Outcome.INCOMPLETE;
            }
            if (argc == args.length) {
                request.argc(argc);
                args = request.room();
            }
            args[argc++] = Request.pack(next - from, length);
            next += length + 2;
            length = NONE;
            left--;
        }
        request.argc(argc);
        request.liesIn(array, from);
        return finish(Outcome.COMPLETE, next - from);
    }

    /// Reads the line with an argument's length at `position`; [Outcome#COMPLETE] says that `bulkLength` and
    /// `position` moved on.
    private Outcome parseLength(byte[] array, int line, int to) {
        int end = lineEnd(array, line, to, '\r');
        if (end == NONE || end + 1 == to) {
            return to - line > RequestLimits.MAX_LINE && end == NONE
                    ? fail("too big bulk count string")
                    : Outcome.INCOMPLETE;
        }
        if (array[line] != '$') return failExpectedDollar(array[line]);
        if (!Numbers.isLong(array, line + 1, end - line - 1)) return fail("invalid bulk length");
        long length = Numbers.parse(array, line + 1, end - line - 1);
        if (length < 0 || length > limits.maxBulkLength() || length > Integer.MAX_VALUE) {
            return fail("invalid bulk length");
        }
        if (length > RequestLimits.MAX_BULK_UNAUTHENTICATED && !authenticated) {
            return fail("unauthenticated bulk length");
        }
        bulkLength = (int) length;
        position += end + 2 - line;
        scanned = 0;
        return Outcome.COMPLETE;
    }

    /// Where the line that begins at `line` ends, or NONE; goes on where it stopped the last time.
    private int lineEnd(byte[] array, int line, int to, char ending) {
        for (int i = line + scanned; i < to; i++) {
            byte b = array[i];
            if (b == ending || b == 0) {
                scanned = i - line;
                return b == 0 ? NONE : i;
            }
        }
        scanned = to - line;
        return NONE;
    }

    // ---- a request that somebody typed ----

    private Outcome parseInline(byte[] array, int from, int to) {
        int newline = lineEnd(array, from, to, '\n');
        if (newline == NONE) {
            return to - from > RequestLimits.MAX_LINE ? fail("too big inline request") : Outcome.INCOMPLETE;
        }
        int end = newline > from && array[newline - 1] == '\r' ? newline - 1 : newline;
        if (!split(array, from, end)) return fail("unbalanced quotes in request");
        int length = newline + 1 - from;
        return request.argc() == 0 ? empty(length) : finish(Outcome.COMPLETE, length);
    }

    /// Splits a line into arguments at blanks; quotes work as in Redis: `"…"` with `\xHH`, `\n`, `\r`, `\t`,
    /// `\b`, `\a` and `\` before any other byte, `'…'` with `\'` alone. Answers false when a quote is not
    /// closed, or something follows it.
    private boolean split(byte[] array, int from, int end) {
        if (inline.length < end - from || inline.length > KEEP_INLINE) inline = new byte[end - from];
        byte[] target = inline; // never longer than the line
        int t = 0;
        int i = from;
        while (true) {
            while (i < end && isSpace(array[i])) i++;
            if (i == end) break;
            int begin = t;
            while (i < end && !endsWord(array[i])) {
                byte b = array[i++];
                if (b != '"' && b != '\'') {
                    target[t++] = b;
                    continue;
                }
                boolean closed = false;
                while (i < end && !closed) {
                    byte c = array[i++];
                    if (c == b) {
                        closed = true;
                    } else if (c != '\\') {
                        target[t++] = c;
                    } else if (b == '\'') {
                        boolean escaped = i < end && array[i] == '\'';
                        target[t++] = escaped ? array[i++] : c;
                    } else if (i + 2 < end && array[i] == 'x' && hex(array[i + 1]) >= 0 && hex(array[i + 2]) >= 0) {
                        target[t++] = (byte) (hex(array[i + 1]) << 4 | hex(array[i + 2]));
                        i += 3;
                    } else if (i < end) {
                        target[t++] = unescape(array[i++]);
                    } else {
                        target[t++] = c;
                    }
                }
                if (!closed || i < end && !isSpace(array[i])) return false;
                break;
            }
            request.add(begin, t - begin);
        }
        request.liesIn(target, 0);
        return true;
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b >= '\t' && b <= '\r';
    }

    private static boolean endsWord(byte b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }

    private static int hex(byte b) {
        return Character.digit(b, 16);
    }

    private static byte unescape(byte b) {
        return switch (b) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'a' -> 7;
            default -> b;
        };
    }

    // ---- a request that is given up ----

    /// Gives up the request whose arguments are arriving: its bytes are skipped as they come
    /// ([Outcome#DISCARDING]) until it is over ([Outcome#DISCARDED]). For a request that there is no memory
    /// for.
    ///
    /// @return false when there is none to give up: what arrives is no request of counted arguments, or has
    ///     just begun
    public boolean startDiscarding() {
        if (argsLeft == 0) return false;
        discards = true;
        toSkip = bulkLength < 0 ? 0 : bulkLength + 2L;
        return true;
    }

    private Outcome discard(byte[] array, int from, int to) {
        int next = from + position;
        while (true) {
            int skip = (int) Math.min(toSkip, to - next);
            toSkip -= skip;
            next += skip;
            if (bulkLength >= 0 && toSkip == 0) {
                bulkLength = NONE;
                argsLeft--;
            }
            if (argsLeft == 0) return finish(Outcome.DISCARDED, next - from);
            if (toSkip > 0 || next == to) break;
            position = 0;
            Outcome outcome = parseLength(array, next, to);
            if (outcome == Outcome.ERROR) return outcome;
            if (outcome == Outcome.INCOMPLETE) break;
            next += position;
            toSkip = bulkLength + 2L;
        }
        position = 0;
        consumed = next - from;
        return consumed > 0 ? Outcome.DISCARDING : Outcome.INCOMPLETE;
    }

    // ---- outcomes ----

    private Outcome finish(Outcome outcome, int length) {
        reset();
        consumed = length;
        return outcome;
    }

    private Outcome empty(int length) {
        return finish(Outcome.EMPTY, length);
    }

    private Outcome fail(String what) {
        error = ("Protocol error: " + what).getBytes(StandardCharsets.ISO_8859_1);
        return Outcome.ERROR;
    }

    /// A line end would break the error's own line, so Redis shows it as a blank.
    private Outcome failExpectedDollar(byte got) {
        boolean breaksLine = got == '\r' || got == '\n';
        return fail("expected '$', got '" + (breaksLine ? ' ' : (char) (got & 0xff)) + "'");
    }
}
