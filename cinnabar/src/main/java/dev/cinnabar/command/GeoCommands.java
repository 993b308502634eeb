package dev.cinnabar.command;

import static dev.cinnabar.command.CommandSpec.syntax;
import static dev.cinnabar.command.Flag.DENYOOM;
import static dev.cinnabar.command.Flag.MOVABLEKEYS;
import static dev.cinnabar.command.Flag.READONLY;
import static dev.cinnabar.command.Flag.WRITE;

import dev.cinnabar.base.LongDouble;
import dev.cinnabar.store.ZsetValue;
import dev.cinnabar.struct.GeoShape;
import dev.cinnabar.struct.Geohash;
import java.math.BigDecimal;
import java.math.RoundingMode;

/// Places on earth: sorted sets whose scores are geohashes ([Geohash] draws them). There is no type of its
/// own, so ZREM takes a place out and ZRANGE shows the scores.
public enum GeoCommands implements Command {
    GEOADD(syntax("GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]")
            .flags(WRITE, DENYOOM)
            .key("RW UPDATE")
            .since("3.2.0")
            .complexity("O(log N) per member, N being the size of the sorted set")
            .summary("Gives members their places and adds those that are new.")),
    GEODIST(syntax("GEODIST key member1 member2 [M | KM | FT | MI]")
            .flags(READONLY)
            .key("RO ACCESS")
            .since("3.2.0")
            .complexity("O(1)")
            .summary("Answers how far two members are from each other.")),
    GEOHASH(syntax("GEOHASH key [member [member ...]]")
            .flags(READONLY)
            .key("RO ACCESS")
            .since("3.2.0")
            .complexity("O(1) per member")
            .summary("Answers the places of members as geohashes, the text that other programs know.")),
    GEOPOS(syntax("GEOPOS key [member [member ...]]")
            .flags(READONLY)
            .key("RO ACCESS")
            .since("3.2.0")
            .complexity("O(1) per member")
            .summary("Answers the longitudes and latitudes of members.")),
    GEORADIUS(syntax("GEORADIUS key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH]"
                    + " [COUNT count [ANY]] [ASC | DESC] [STORE key | STOREDIST key]")
            .flags(WRITE, DENYOOM, MOVABLEKEYS)
            .keys(
                    KeySpec.range("RO ACCESS", 1, 0, 1),
                    KeySpec.keyword("OW UPDATE", "STORE", 6, 0, 1, 0),
                    KeySpec.keyword("OW UPDATE", "STOREDIST", 6, 0, 1, 0))
            .since("3.2.0")
            .complexity("O(N + M log M) for N members around the area and M in it")
            .deprecated("6.2.0", "GEOSEARCH and GEOSEARCHSTORE with BYRADIUS")
            .summary("Finds members near a place, answers or stores them.")),
    GEORADIUSBYMEMBER(syntax("GEORADIUSBYMEMBER key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH]"
                    + " [COUNT count [ANY]] [ASC | DESC] [STORE key | STOREDIST key]")
            .flags(WRITE, DENYOOM, MOVABLEKEYS)
            .keys(
                    KeySpec.range("RO ACCESS", 1, 0, 1),
                    KeySpec.keyword("OW UPDATE", "STORE", 5, 0, 1, 0),
                    KeySpec.keyword("OW UPDATE", "STOREDIST", 5, 0, 1, 0))
            .since("3.2.0")
            .complexity("O(N + M log M) for N members around the area and M in it")
            .deprecated("6.2.0", "GEOSEARCH and GEOSEARCHSTORE with BYRADIUS and FROMMEMBER")
            .summary("Finds members near another one, answers or stores them.")),
    GEORADIUSBYMEMBER_RO(
            syntax("GEORADIUSBYMEMBER_RO key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH]"
                            + " [COUNT count [ANY]] [ASC | DESC]")
                    .flags(READONLY)
                    .key("RO ACCESS")
                    .since("3.2.10")
                    .complexity("O(N + M log M) for N members around the area and M in it")
                    .deprecated("6.2.0", "GEOSEARCH with BYRADIUS and FROMMEMBER")
                    .summary("Finds members near another one.")),
    GEORADIUS_RO(
            syntax("GEORADIUS_RO key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH]"
                            + " [COUNT count [ANY]] [ASC | DESC]")
                    .flags(READONLY)
                    .key("RO ACCESS")
                    .since("3.2.10")
                    .complexity("O(N + M log M) for N members around the area and M in it")
                    .deprecated("6.2.0", "GEOSEARCH with BYRADIUS")
                    .summary("Finds members near a place.")),
    GEOSEARCH(syntax("GEOSEARCH key [FROMMEMBER member | FROMLONLAT longitude latitude]"
                    + " <BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>"
                    + " | BYPOLYGON num-vertices longitude latitude [longitude latitude ...]>"
                    + " [ASC | DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]")
            .arity(-7)
            .flags(READONLY)
            .key("RO ACCESS")
            .since("6.2.0")
            .complexity("O(N + M log M) for N members around the area and M in it")
            .summary("Finds members in a circle, a box or a polygon.")),
    GEOSEARCHSTORE(syntax("GEOSEARCHSTORE destination source [FROMMEMBER member | FROMLONLAT longitude latitude]"
                    + " <BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>"
                    + " | BYPOLYGON num-vertices longitude latitude [longitude latitude ...]>"
                    + " [ASC | DESC] [COUNT count [ANY]] [STOREDIST]")
            .arity(-8)
            .flags(WRITE, DENYOOM)
            .keys(KeySpec.range("OW UPDATE", 1, 0, 1), KeySpec.range("RO ACCESS", 2, 0, 1))
            .since("6.2.0")
            .complexity("O(N + M log M) for N members around the area and M in it")
            .summary("Stores members in a circle, a box or a polygon in another key."));

    private static final double FOOT = 0.3048; // meters
    private static final double MILE = 1609.34;
    private static final int DISTANCE_DIGITS = 4; // behind the point
    private static final int C_DIGITS = 6; // behind the point, of C's %f

    private final CommandSpec spec;

    GeoCommands(CommandSpec.Builder spec) {
        this.spec = spec.group(Group.GEO).build();
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        return switch (this) {
            case GEOADD -> add(call);
            case GEODIST -> distance(call);
            case GEOHASH -> hashes(call);
            case GEOPOS -> places(call);
            case GEORADIUS -> GeoSearch.around(call, true);
            case GEORADIUSBYMEMBER -> GeoSearch.aroundMember(call, true);
            case GEORADIUSBYMEMBER_RO -> GeoSearch.aroundMember(call, false);
            case GEORADIUS_RO -> GeoSearch.around(call, false);
            case GEOSEARCH -> GeoSearch.search(call);
            case GEOSEARCHSTORE -> GeoSearch.searchAndStore(call);
        };
    }

    // ---- words ----

    /// @throws Refusal when an argument and the next one are no place that has a score
    static void checkPlace(Call call, int at) {
        double longitude = ZsetCommands.scoreArg(call, at);
        double latitude = ZsetCommands.scoreArg(call, at + 1);
        if (Geohash.isPlace(longitude, latitude)) return;
        throw new Refusal("ERR invalid longitude,latitude pair " + asInC(longitude) + "," + asInC(latitude));
    }

    private static String asInC(double number) {
        String sign = number < 0 || 1 / number < 0 ? "-" : "";
        if (Double.isInfinite(number)) return sign + "inf";
        return sign + new BigDecimal(Math.abs(number)).setScale(C_DIGITS, RoundingMode.HALF_EVEN);
    }

    /// @throws Refusal when the argument is no unit
    static double metersPerUnit(Call call, int at) {
        if (call.is(at, "M")) return 1;
        if (call.is(at, "KM")) return 1000;
        if (call.is(at, "FT")) return FOOT;
        if (call.is(at, "MI")) return MILE;
        throw new Refusal(Errors.GEO_UNIT);
    }

    // ---- adding ----

    /// The log gets a ZADD with the scores.
    private static Reply add(Call call) {
        int options = 0;
        int from = 2;
        for (; from < call.argc(); from++) {
            if (call.is(from, "NX")) options |= ZsetCommands.NX;
            else if (call.is(from, "XX")) options |= ZsetCommands.XX;
            else if (call.is(from, "CH")) options |= ZsetCommands.CH;
            else break;
        }
        boolean excludesAll = (options & ZsetCommands.NX) != 0 && (options & ZsetCommands.XX) != 0;
        int words = call.argc() - from;
        if (words == 0 || words % 3 != 0 || excludesAll) throw Errors.SYNTAX_REFUSAL;

        ZsetCommands.put(call, from, 3, GeoCommands::score, options);

        if (!call.outbox().isLogged()) return call.reply();
        Effects log = call.effects().command(Words.ZADD);
        for (int i = 1; i < from; i++) log.arg(call.arg(i));
        for (int i = from; i < call.argc(); i += 3) log.arg(score(call, i)).arg(call.arg(i + 2));
        return call.reply();
    }

    private static long score(Call call, int at) {
        checkPlace(call, at);
        return Geohash.score(ZsetCommands.scoreArg(call, at), ZsetCommands.scoreArg(call, at + 1));
    }

    // ---- asking ----

    private static ZsetValue read(Call call) {
        return call.db().zset(call.key(1), call.lookupRead(call.key(1)));
    }

    private static Reply distance(Call call) {
        if (call.argc() > 5) throw Errors.SYNTAX_REFUSAL;
        double unit = call.argc() == 4 ? 1 : metersPerUnit(call, 4);
        ZsetValue zset = read(call);
        double a = zset.score(call.arg(2));
        double b = zset.score(call.arg(3));
        if (Double.isNaN(a) || Double.isNaN(b)) return call.reply().nil();
        double meters =
                GeoShape.between(Geohash.longitude(a), Geohash.latitude(a), Geohash.longitude(b), Geohash.latitude(b));
        return call.reply().bulk(distance(meters / unit));
    }

    /// A distance as it is answered.
    static String distance(double distance) {
        return new BigDecimal(distance)
                .setScale(DISTANCE_DIGITS, RoundingMode.HALF_EVEN)
                .toPlainString();
    }

    private static Reply hashes(Call call) {
        ZsetValue zset = read(call);
        Reply reply = call.reply().array(call.argc() - 2);
        byte[] text = new byte[Geohash.TEXT_CHARS];
        for (int i = 2; i < call.argc(); i++) {
            double score = zset.score(call.arg(i));
            if (Double.isNaN(score)) {
                reply.nil();
                continue;
            }
            Geohash.print(score, text);
            reply.bulk(text, 0, text.length);
        }
        return reply;
    }

    private static Reply places(Call call) {
        ZsetValue zset = read(call);
        Reply reply = call.reply().array(call.argc() - 2);
        for (int i = 2; i < call.argc(); i++) {
            double score = zset.score(call.arg(i));
            if (Double.isNaN(score)) reply.nilArray();
            else answerPlace(reply, Geohash.longitude(score), Geohash.latitude(score));
        }
        return reply;
    }

    /// The exact values of both numbers, up to 17 digits behind the point.
    static void answerPlace(Reply reply, double longitude, double latitude) {
        reply.array(2)
                .decimal(LongDouble.of(longitude).print())
                .decimal(LongDouble.of(latitude).print());
    }
}
