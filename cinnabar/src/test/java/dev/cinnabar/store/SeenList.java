package dev.cinnabar.store;

import dev.cinnabar.struct.Listpack;
import java.util.ArrayList;
import java.util.List;

/// Takes a snapshot of the one list of database 0, in either form; what other databases have is passed over.
final class SeenList implements Snapshot.Sink {
    final List<String> elements = new ArrayList<>();

    @Override
    public void image(int index, Database db, long address) {
        if (index == 0) db.listImage(address).forEach(this::add);
    }

    @Override
    public Snapshot.BigSink big(BigImage image) {
        return new Snapshot.BigSink() {
            @Override
            public void element(Listpack.Entry element) {
                add(element);
            }
        };
    }

    private boolean add(Listpack.Entry element) {
        return elements.add(element.bytes().toString());
    }
}
