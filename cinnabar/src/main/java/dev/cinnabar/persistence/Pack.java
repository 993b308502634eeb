package dev.cinnabar.persistence;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.struct.Listpack;
import dev.cinnabar.struct.Ziplist;
import dev.cinnabar.struct.Zipmap;

/// The entries of a small collection as some Redis wrote it in one piece: a listpack, a ziplist or a zipmap.
/// It is checked as a whole first; then entries are read one after the other.
final class Pack {
    enum Form {
        LISTPACK,
        ZIPLIST,
        ZIPMAP
    }

    private final Bytes window = new Bytes();
    private final Bytes otherWindow = new Bytes();
    private byte[] array = {};
    private Form form = Form.LISTPACK;
    private int at;
    private int read; // entries so far

    /// Points it at bytes that came from outside.
    ///
    /// @throws BadRdb when they are not sound
    Pack open(Form form, Text text) throws BadRdb {
        this.form = form;
        array = text.array();
        read = 0;
        int length = text.length();
        boolean isSound = switch (form) {
            case LISTPACK -> Listpack.isValid(array, 0, length);
            case ZIPLIST -> Ziplist.isValid(array, 0, length);
            case ZIPMAP -> Zipmap.isValid(array, 0, length);
        };
        if (!isSound) throw new BadRdb("a damaged " + form.name().toLowerCase(java.util.Locale.ROOT));
        at = switch (form) {
            case LISTPACK -> Listpack.first(0);
            case ZIPLIST -> Ziplist.first(0);
            case ZIPMAP -> Zipmap.first(0);
        };
        return this;
    }

    boolean hasNext() {
        return (array[at] & 0xff) != Listpack.END; // all three end in this byte, and no entry begins with it
    }

    /// Reads the next entry.
    ///
    /// @throws BadRdb when there is none: a field without its value
    Listpack.Entry next(Listpack.Entry into) throws BadRdb {
        if (!hasNext()) throw new BadRdb("an odd number of entries");
        int here = at;
        boolean isSecond = (read++ & 1) == 1;
        Bytes w = isSecond ? otherWindow : window;
        switch (form) {
            case LISTPACK -> {
                at = Listpack.next(array, here);
                Listpack.read(array, here, into);
            }
            case ZIPLIST -> {
                at = Ziplist.next(array, here);
                Ziplist.read(array, here, into, w);
            }
            default -> {
                at = Zipmap.next(array, here, isSecond);
                into.set(Zipmap.read(array, here, isSecond, w));
            }
        }
        return into;
    }
}
