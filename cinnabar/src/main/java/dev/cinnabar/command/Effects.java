package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.struct.StreamId;
import java.util.Arrays;

/// What goes into the change log instead of the command as the client sent it, where that would not give the
/// same result again: the relative expiry time as an absolute one, the random choice as what was chosen.
///
/// The words are borrowed like the arguments of the call. Reused; allocates only while it grows. Where there
/// is no log, commands say what they have to say all the same, and nothing of it is written down.
public final class Effects {
    private Bytes[] words = windows(8);
    private byte[][] digits = new byte[8][];
    private int count; // words of all commands
    private int[] ends = new int[4]; // after which word each command ends
    private int commands;
    private boolean isKept = true;

    void clear() {
        count = 0;
        commands = 0;
    }

    /// Forgets the words, and gives back what has grown large.
    void letGo() {
        clear();
        if (words.length > Outbox.MOST_KEPT) {
            words = windows(8);
            digits = new byte[8][];
        } else {
            for (Bytes word : words) word.letGo();
        }
        if (ends.length > Outbox.MOST_KEPT) ends = new int[4];
    }

    private static Bytes[] windows(int count) {
        Bytes[] windows = new Bytes[count];
        for (int i = 0; i < count; i++) windows[i] = new Bytes();
        return windows;
    }

    /// Whether from now on anything is kept: without a log nobody will ask for it.
    void kept(boolean isKept) {
        clear();
        this.isKept = isKept;
    }

    /// How many commands there are; none if they are not kept.
    public int commands() {
        return commands;
    }

    /// Begins the next command.
    public Effects command(Bytes name) {
        if (!isKept) return this;
        if (commands == ends.length) ends = Arrays.copyOf(ends, 2 * commands);
        commands++;
        return arg(name);
    }

    public Effects arg(Bytes word) {
        if (!isKept) return this;
        next().set(word.array(), word.offset(), word.length());
        ends[commands - 1] = count;
        return this;
    }

    public Effects arg(long number) {
        if (!isKept) return this;
        Bytes window = next();
        byte[] text = digits[count - 1];
        if (text == null) text = digits[count - 1] = new byte[Numbers.MAX_LONG_CHARS];
        window.set(text, 0, Numbers.print(number, text, 0));
        ends[commands - 1] = count;
        return this;
    }

    /// The id of a stream's entry, `ms-seq`.
    public Effects id(long ms, long seq) {
        if (!isKept) return this;
        Bytes window = next();
        byte[] text = digits[count - 1];
        if (text == null || text.length < StreamId.MAX_CHARS) text = digits[count - 1] = new byte[StreamId.MAX_CHARS];
        window.set(text, 0, StreamId.print(ms, seq, text, 0));
        ends[commands - 1] = count;
        return this;
    }

    private Bytes next() {
        if (count == words.length) {
            words = Arrays.copyOf(words, 2 * count);
            digits = Arrays.copyOf(digits, 2 * count);
            for (int i = count; i < words.length; i++) words[i] = new Bytes();
        }
        return words[count++];
    }

    /// Is given the commands one by one.
    public interface Taker {
        void take(int argc, Bytes[] argv);
    }

    /// Gives the commands in order. Allocates one array for each but a single one.
    public void forEach(Taker taker) {
        if (commands == 1) {
            taker.take(count, words);
            return;
        }
        int from = 0;
        for (int i = 0; i < commands; i++) {
            taker.take(ends[i] - from, Arrays.copyOfRange(words, from, ends[i]));
            from = ends[i];
        }
    }
}
