package dev.cinnabar.server;

import dev.cinnabar.base.Bytes;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A map by byte arrays that are equal when their bytes are, in the order in which they came; what is
/// answered to those who asked for bytes.
///
/// An array that is a key must not be written to.
final class BytesMap extends AbstractMap<byte[], @Nullable Object> {
    private final Map<Bytes, Entry<byte[], @Nullable Object>> entries = new LinkedHashMap<>();

    @Override
    public @Nullable Object put(byte[] key, @Nullable Object value) {
        Entry<byte[], @Nullable Object> before = entries.put(Bytes.of(key), new SimpleEntry<>(key, value));
        return before == null ? null : before.getValue();
    }

    @Override
    public @Nullable Object get(@Nullable Object key) {
        Entry<byte[], @Nullable Object> entry = key instanceof byte[] bytes ? entries.get(Bytes.of(bytes)) : null;
        return entry == null ? null : entry.getValue();
    }

    @Override
    public boolean containsKey(@Nullable Object key) {
        return key instanceof byte[] bytes && entries.containsKey(Bytes.of(bytes));
    }

    @Override
    public @Nullable Object remove(@Nullable Object key) {
        Entry<byte[], @Nullable Object> entry = key instanceof byte[] bytes ? entries.remove(Bytes.of(bytes)) : null;
        return entry == null ? null : entry.getValue();
    }

    @Override
    public Set<Entry<byte[], @Nullable Object>> entrySet() {
        return new AbstractSet<>() {
            @Override
            public Iterator<Entry<byte[], @Nullable Object>> iterator() {
                return entries.values().iterator();
            }

            @Override
            public int size() {
                return entries.size();
            }
        };
    }
}
