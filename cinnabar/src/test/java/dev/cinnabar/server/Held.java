package dev.cinnabar.server;

import dev.cinnabar.memory.Pages;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/// The byte arrays that an object holds on to, by way of our own classes and what they keep in collections: what a
/// collector would have to leave in memory. Found by reflection, while nobody changes anything.
final class Held {
    private final Map<Object, String> paths = new IdentityHashMap<>();
    private final Deque<Object> next = new ArrayDeque<>();
    private final Set<Object> pages = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<byte[]> arrays = new ArrayList<>();

    private Held() {}

    /// Where arrays are held that have at least so many bytes and are no pages, or values in arrays of their own.
    static List<String> besidePages(Object root, int least) {
        Held held = new Held();
        held.meet(root, root.getClass().getSimpleName());
        while (!held.next.isEmpty()) held.look(held.next.remove());
        List<String> found = new ArrayList<>();
        for (byte[] array : held.arrays) {
            if (array.length >= least && !held.pages.contains(array))
                found.add(array.length + " bytes: " + held.paths.get(array));
        }
        return found;
    }

    private void meet(Object object, String path) {
        if (object == null || paths.putIfAbsent(object, path) != null) return;
        if (object instanceof byte[] array) arrays.add(array);
        else next.add(object);
    }

    private void look(Object object) {
        String path = paths.get(object);
        Class<?> type = object.getClass();
        if (type.isArray()) {
            if (type.getComponentType().isPrimitive()) return;
            for (int i = 0; i < Array.getLength(object); i++) meet(Array.get(object, i), path + "[" + i + "]");
        } else if (object instanceof Collection<?> all) {
            for (Object each : all.toArray()) meet(each, path + "[]");
        } else if (object instanceof Map<?, ?> map) {
            for (Object each : map.keySet().toArray()) meet(each, path + "{}");
            for (Object each : map.values().toArray()) meet(each, path + "{}");
        } else if (object instanceof AtomicReference<?> reference) {
            meet(reference.get(), path);
        } else if (object instanceof ByteBuffer buffer) {
            if (buffer.hasArray()) meet(buffer.array(), path);
        } else if (type.getName().startsWith("dev.cinnabar.")) {
            for (Class<?> c = type; c != Object.class; c = c.getSuperclass()) lookAtFields(object, c, path);
        }
    }

    private void lookAtFields(Object object, Class<?> type, String path) {
        for (Field field : type.getDeclaredFields()) {
            if (Modifier.isStatic(field.getModifiers()) || field.getType().isPrimitive()) continue;
            if (!type.getName().startsWith("dev.cinnabar.")) return;
            try {
                field.setAccessible(true);
                Object value = field.get(object);
                if (object instanceof Pages && value instanceof byte[][] all) Collections.addAll(pages, (Object[]) all);
                meet(value, path + " > " + type.getSimpleName() + "." + field.getName());
            } catch (IllegalAccessException e) {
                throw new AssertionError(e);
            }
        }
    }
}
