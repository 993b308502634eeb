package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Doubles;
import dev.cinnabar.store.ZsetResult;
import dev.cinnabar.store.ZsetValue;
import dev.cinnabar.struct.GeoCells;
import dev.cinnabar.struct.GeoShape;
import dev.cinnabar.struct.Geohash;
import dev.cinnabar.struct.Geohash.Cell;
import dev.cinnabar.struct.Listpack;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The search for members near a place or inside of an area: GEOSEARCH, its older names, and those that store
/// what is found. One object for one call.
final class GeoSearch {
    /*
     * The area is covered with a few cells (GeoCells), each of them is a range of scores, and each member in
     * that range is measured. Without ASC, DESC and COUNT members are answered in the order in which they are
     * met: cell by cell, by score.
     *
     * Where two members are equally far away, the one that was met first comes first. Redis leaves their
     * order to its C library.
     */

    private enum Order {
        NONE,
        ASC,
        DESC
    }

    private enum Kind {
        CIRCLE,
        BOX,
        POLYGON
    }

    /// A member that was found.
    private record Found(byte[] member, double score, double longitude, double latitude, double distance) {}

    private static final int NONE = 0;
    private static final int MIN_CORNERS = 3;
    private static final long SLICE = 128; // members that are looked at between two questions whether there are enough

    private final Call call;
    private final ZsetValue source;
    private final boolean isSearch; // GEOSEARCH and GEOSEARCHSTORE, whose shape is among the options
    private boolean mayStore; // whether STORE and STOREDIST are options
    private int storeAt = NONE; // index of the argument
    private boolean storesDistance;

    private double longitude;
    private double latitude;
    private boolean hasMember;
    private boolean hasPlace;
    private @Nullable Kind kind;
    private double width; // of a box, or the radius of a circle; in the unit that was asked for
    private double height;
    private double[] corners = {};
    private double metersPerUnit = 1;

    private boolean withDistance;
    private boolean withHash;
    private boolean withCoordinates;
    private Order order = Order.NONE;
    private long count; // 0 for all
    private boolean any;

    private final List<Found> found = new ArrayList<>();

    /// @param sourceAt index of the key that is searched
    private GeoSearch(Call call, int sourceAt, boolean isSearch) {
        this.call = call;
        this.isSearch = isSearch;
        Bytes key = call.key(sourceAt);
        this.source = call.db().zset(key, call.lookupRead(key));
    }

    /// `GEOSEARCH key …`
    static Reply search(Call call) {
        GeoSearch search = new GeoSearch(call, 1, true);
        search.options(2);
        return search.run("");
    }

    /// `GEOSEARCHSTORE destination source …`
    static Reply searchAndStore(Call call) {
        GeoSearch search = new GeoSearch(call, 2, true);
        search.storeAt = 1;
        search.options(3);
        return search.run("geosearchstore");
    }

    /// `GEORADIUS key longitude latitude radius unit …`
    static Reply around(Call call, boolean mayStore) {
        GeoSearch search = new GeoSearch(call, 1, false);
        search.mayStore = mayStore;
        search.place(2);
        search.circle(4);
        search.options(6);
        return search.run("georadiusstore");
    }

    /// `GEORADIUSBYMEMBER key member radius unit …`
    static Reply aroundMember(Call call, boolean mayStore) {
        GeoSearch search = new GeoSearch(call, 1, false);
        search.mayStore = mayStore;
        if (search.source.exists()) { // as in Redis, where there is nothing to be found nobody looks at the radius
            search.member(2);
            search.circle(3);
        }
        search.options(5);
        return search.run("georadiusstore");
    }

    // ---- the words ----

    private void options(int from) {
        for (int i = from; i < call.argc(); i++) {
            int more = call.argc() - 1 - i;
            boolean maySayWhere = isSearch && kind != Kind.POLYGON;
            if (call.is(i, "WITHDIST")) withDistance = true;
            else if (call.is(i, "WITHHASH")) withHash = true;
            else if (call.is(i, "WITHCOORD")) withCoordinates = true;
            else if (call.is(i, "ANY")) any = true;
            else if (call.is(i, "ASC")) order = Order.ASC;
            else if (call.is(i, "DESC")) order = Order.DESC;
            else if (more >= 1 && call.is(i, "COUNT")) count(++i);
            else if (more >= 1 && mayStore && (call.is(i, "STORE") || call.is(i, "STOREDIST"))) store(i++);
            else if (isSearch && storeAt != NONE && call.is(i, "STOREDIST")) storesDistance = true;
            else if (more >= 1 && maySayWhere && !hasPlace && call.is(i, "FROMMEMBER")) member(++i);
            else if (more >= 2 && maySayWhere && !hasMember && call.is(i, "FROMLONLAT")) place((i += 2) - 1);
            else if (more >= 2 && mayBe(Kind.CIRCLE) && call.is(i, "BYRADIUS")) circle((i += 2) - 1);
            else if (more >= 3 && mayBe(Kind.BOX) && call.is(i, "BYBOX")) box((i += 3) - 2);
            else if (more >= 1 && mayBe(Kind.POLYGON) && call.is(i, "BYPOLYGON")) i = polygon(i + 1);
            else throw Errors.SYNTAX_REFUSAL;
        }
        boolean withAnything = withDistance || withHash || withCoordinates;
        if (storeAt != NONE && withAnything)
            throw new Refusal(isSearch ? Errors.GEOSEARCHSTORE_WITH : Errors.GEORADIUS_STORE_WITH);
        String name = call.arg(0).toLatin1();
        boolean hasCenter = hasPlace || hasMember || kind == Kind.POLYGON;
        if (isSearch && !hasCenter) throw new Refusal(Errors.ONE_GEO_CENTER + name);
        if (isSearch && kind == null) throw new Refusal(Errors.ONE_GEO_SHAPE + name);
        if (any && count == 0) throw new Refusal(Errors.ANY_WITHOUT_COUNT);
    }

    /// Whether the shape may be of this kind: no other was given, and a polygon has a center of its own.
    private boolean mayBe(Kind wanted) {
        if (!isSearch || kind != null && kind != wanted) return false;
        return wanted != Kind.POLYGON || !hasPlace && !hasMember;
    }

    private void count(int at) {
        count = call.longArg(at);
        if (count <= 0) throw new Refusal(Errors.GEO_COUNT);
    }

    private void store(int at) {
        storeAt = at + 1;
        storesDistance = call.is(at, "STOREDIST");
    }

    private void member(int at) {
        hasMember = true;
        if (!source.exists()) return;
        double score = source.score(call.arg(at));
        if (Double.isNaN(score)) throw new Refusal(Errors.NO_GEO_MEMBER);
        longitude = Geohash.longitude(score);
        latitude = Geohash.latitude(score);
    }

    private void place(int at) {
        hasPlace = true;
        GeoCommands.checkPlace(call, at);
        longitude = ZsetCommands.scoreArg(call, at);
        latitude = ZsetCommands.scoreArg(call, at + 1);
    }

    private void circle(int at) {
        kind = Kind.CIRCLE;
        width = length(at, Errors.NO_RADIUS);
        if (width < 0) throw new Refusal(Errors.NEGATIVE_RADIUS);
        metersPerUnit = GeoCommands.metersPerUnit(call, at + 1);
    }

    private void box(int at) {
        kind = Kind.BOX;
        width = length(at, Errors.NO_WIDTH);
        height = length(at + 1, Errors.NO_HEIGHT);
        if (width < 0 || height < 0) throw new Refusal(Errors.NEGATIVE_BOX);
        metersPerUnit = GeoCommands.metersPerUnit(call, at + 2);
    }

    private double length(int at, String error) {
        double length = Doubles.parse(call.arg(at));
        if (Double.isNaN(length)) throw new Refusal(error);
        return length;
    }

    /// @return the index of the last word
    private int polygon(int at) {
        kind = Kind.POLYGON;
        long count = call.longArg(at);
        if (count < MIN_CORNERS) throw new Refusal(Errors.FEW_CORNERS);
        if (count > (call.argc() - 1 - at) / 2) throw Errors.SYNTAX_REFUSAL;
        corners = new double[2 * (int) count];
        for (int i = 0; i < corners.length; i += 2) {
            GeoCommands.checkPlace(call, at + 1 + i);
            corners[i] = ZsetCommands.scoreArg(call, at + 1 + i);
            corners[i + 1] = ZsetCommands.scoreArg(call, at + 2 + i);
        }
        metersPerUnit = 1; // a polygon is given in degrees
        return at + corners.length;
    }

    private GeoShape shape() {
        double meters = metersPerUnit;
        return switch (Objects.requireNonNull(kind)) {
            case CIRCLE -> new GeoShape.Circle(longitude, latitude, width * meters);
            case BOX -> new GeoShape.Box(longitude, latitude, width * meters, height * meters);
            case POLYGON -> GeoShape.Polygon.of(corners);
        };
    }

    // ---- searching ----

    /// @param event of the key under which the result is stored
    private Reply run(String event) {
        if (source.exists()) search(shape());
        if (order == Order.NONE && count > 0 && !any) order = Order.ASC;
        Comparator<Found> nearestFirst = Comparator.comparingDouble(Found::distance);
        if (order == Order.ASC) found.sort(nearestFirst);
        if (order == Order.DESC) found.sort(nearestFirst.reversed());
        int size = count == 0 ? found.size() : (int) Math.min(count, found.size());
        return storeAt == NONE ? answer(size) : store(size, event);
    }

    private void search(GeoShape shape) {
        long most = any ? count : Long.MAX_VALUE;
        for (Cell cell : GeoCells.covering(shape)) {
            long rank = source.countBelow(cell.firstScore(), false);
            long end = source.countBelow(cell.endScore(), false);
            for (; rank < end && found.size() < most; rank += SLICE) {
                source.forEach(rank, Math.min(SLICE, end - rank), false, (member, score) -> {
                    if (found.size() < most) measure(shape, member, score);
                });
            }
        }
    }

    private void measure(GeoShape shape, Listpack.Entry member, double score) {
        double x = Geohash.longitude(score);
        double y = Geohash.latitude(score);
        double distance = shape.distance(x, y);
        if (distance == GeoShape.OUTSIDE) return;
        found.add(new Found(member.bytes().copy(), score, x, y, distance));
    }

    // ---- the result ----

    private Reply answer(int size) {
        Reply reply = call.reply().array(size);
        int more = (withDistance ? 1 : 0) + (withHash ? 1 : 0) + (withCoordinates ? 1 : 0);
        for (Found one : found.subList(0, size)) {
            if (more > 0) reply.array(1 + more);
            reply.bulk(one.member, 0, one.member.length);
            if (withDistance) reply.bulk(GeoCommands.distance(one.distance / metersPerUnit));
            if (withHash) reply.integer((long) one.score);
            if (withCoordinates) GeoCommands.answerPlace(reply, one.longitude, one.latitude);
        }
        return reply;
    }

    /// Scores are those of the source, or distances in the unit that was asked for.
    private Reply store(int size, String event) {
        Bytes key = call.key(storeAt);
        Bytes member = new Bytes();
        try (ZsetResult result = call.db().newZset()) {
            for (Found one : found.subList(0, size)) {
                member.set(one.member, 0, one.member.length);
                result.put(member, storesDistance ? one.distance / metersPerUnit : one.score);
            }
            Reply reply = ZsetCommands.store(call, key, result, event, size);
            if (kind == Kind.POLYGON) ZsetCommands.tellMembers(call, key);
            return reply;
        }
    }
}
