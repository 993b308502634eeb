package dev.cinnabar.config;

/// The classes of keyspace events that `notify-keyspace-events` switches on, as bits of an int, each written
/// as a letter.
///
/// | letter | class | letter | class |
/// |---|---|---|---|
/// | `K` | publish on `__keyspace@<db>__` channels | `x` | expired |
/// | `E` | publish on `__keyevent@<db>__` channels | `e` | evicted |
/// | `g` | generic commands: DEL, EXPIRE, RENAME … | `t` | stream commands |
/// | `$` | string commands | `d` | events of modules |
/// | `l` | list commands | `m` | a key was looked for and missed |
/// | `s` | set commands | `n` | a key was made |
/// | `h` | hash commands | `A` | all of `g$lshzxetd` |
/// | `z` | sorted-set commands | | |
public final class KeyspaceEvents {
    public static final int KEYSPACE = 1;
    public static final int KEYEVENT = 1 << 1;
    public static final int GENERIC = 1 << 2;
    public static final int STRING = 1 << 3;
    public static final int LIST = 1 << 4;
    public static final int SET = 1 << 5;
    public static final int HASH = 1 << 6;
    public static final int SORTED_SET = 1 << 7;
    public static final int EXPIRED = 1 << 8;
    public static final int EVICTED = 1 << 9;
    public static final int STREAM = 1 << 10;
    public static final int MODULE = 1 << 11;
    public static final int KEY_MISS = 1 << 12;
    public static final int NEW_KEY = 1 << 13;

    /// What the letter `A` stands for: every class but misses and new keys.
    public static final int ALL =
            GENERIC | STRING | LIST | SET | HASH | SORTED_SET | EXPIRED | EVICTED | STREAM | MODULE;

    private static final String LETTERS = "KEg$lshzxetdmn"; // by bit
    private static final String PRINTED = "g$lshzxetdn"; // in the order in which Redis prints them

    private KeyspaceEvents() {}

    /// The bit of a class.
    public static int bit(char letter) {
        int bit = LETTERS.indexOf(letter);
        if (bit < 0) throw new IllegalArgumentException("no such class of events: " + letter);
        return 1 << bit;
    }

    /// The classes that the letters name, in any order.
    static int parse(String letters) throws RefusedSetting {
        int classes = 0;
        for (int i = 0; i < letters.length(); i++) {
            char letter = letters.charAt(i);
            int bit = LETTERS.indexOf(letter);
            if (letter == 'A') classes |= ALL;
            else if (bit >= 0) classes |= 1 << bit;
            else throw new RefusedSetting("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
        }
        return classes;
    }

    /// The letters for the classes, as `CONFIG GET` shows them. `A` swallows `n`, as in Redis 7.0.
    static String print(int classes) {
        var letters = new StringBuilder();
        if ((classes & ALL) == ALL) letters.append('A');
        else appendSet(letters, PRINTED, classes);
        appendSet(letters, "KEm", classes);
        return letters.toString();
    }

    private static void appendSet(StringBuilder target, String letters, int classes) {
        for (int i = 0; i < letters.length(); i++) {
            char letter = letters.charAt(i);
            if ((classes & 1 << LETTERS.indexOf(letter)) != 0) target.append(letter);
        }
    }
}
