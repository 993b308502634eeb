package dev.cinnabar.twin;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Makes commands of places on earth by chance.
///
/// No two places are the same, since a real server leaves the order of members that are equally far away to
/// its C library. STOREDIST is left out: the last digit of a distance is that of the machine's sines.
final class GeoMaker {
    private static final String[] NO_PLACES = {"-5.5", "1e17", "1e300", "inf", "-inf"}; // scores

    private GeoMaker() {}

    static String[] next(Random r) {
        List<String> w = new ArrayList<>();
        switch (r.nextInt(20)) {
            case 0, 1, 2, 3, 4, 5 -> {
                add(w, "GEOADD", key(r));
                if (r.nextInt(4) == 0) w.add(Values.pick(r, "NX", "XX", "CH", "ch", "nx"));
                if (r.nextInt(8) == 0) w.add(Values.pick(r, "NX", "XX", "CH", "x"));
                for (int i = r.nextInt(4); i >= 0; i--) {
                    place(w, r);
                    w.add(member(r));
                }
            }
            case 6 -> add(w, "ZADD", key(r), Values.pick(r, NO_PLACES), member(r));
            case 7 -> add(w, "ZREM", key(r), member(r), member(r));
            case 8 -> {
                add(w, "GEODIST", key(r), member(r), member(r));
                if (r.nextBoolean()) w.add(unit(r));
            }
            case 9 -> add(w, "GEOHASH", key(r), member(r), member(r));
            case 10 -> add(w, "GEOPOS", key(r), member(r), member(r), member(r));
            case 11, 12 -> {
                add(w, Values.pick(r, "GEORADIUS", "GEORADIUS_RO"), key(r));
                place(w, r);
                add(w, size(r), unit(r));
                options(w, r, false);
                if (r.nextInt(3) == 0) add(w, "STORE", key(r));
            }
            case 13 -> {
                add(w, Values.pick(r, "GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER_RO"), key(r), member(r));
                add(w, size(r), unit(r));
                options(w, r, false);
                if (r.nextInt(3) == 0) add(w, "store", key(r));
            }
            case 14, 15 -> {
                add(w, "GEOSEARCHSTORE", key(r), key(r));
                area(w, r);
                options(w, r, r.nextInt(5) != 0);
            }
            case 16 -> add(w, "ZRANGE", key(r), "0", "-1", "WITHSCORES");
            case 17 -> add(w, "DEL", key(r));
            default -> {
                add(w, "GEOSEARCH", key(r));
                area(w, r);
                options(w, r, false);
            }
        }
        return Values.damaged(r, w);
    }

    private static void area(List<String> w, Random r) {
        for (int i = r.nextInt(12) == 0 ? 1 : 0; i >= 0; i--) {
            if (r.nextInt(20) == 0) continue;
            w.add(Values.pick(r, "FROMMEMBER", "FROMLONLAT", "fromlonlat"));
            if (w.get(w.size() - 1).equals("FROMMEMBER")) w.add(member(r));
            else place(w, r);
        }
        for (int i = r.nextInt(12) == 0 ? 1 : 0; i >= 0; i--) {
            if (r.nextInt(20) == 0) continue;
            if (r.nextBoolean()) add(w, "BYRADIUS", size(r), unit(r));
            else add(w, "bybox", size(r), size(r), unit(r));
        }
    }

    private static void options(List<String> w, Random r, boolean toStore) {
        if (r.nextInt(3) == 0) w.add(Values.pick(r, "ASC", "DESC", "asc"));
        if (r.nextInt(3) == 0) add(w, "COUNT", Values.pick(r, "1", "2", "5", "100", "0", "-1", "x"));
        if (r.nextInt(6) == 0) w.add("ANY");
        for (String option : new String[] {"WITHDIST", "WITHHASH", "WITHCOORD"})
            if (!toStore && r.nextInt(4) == 0) w.add(option);
    }

    /// Often around Sicily, now and then elsewhere or beyond the map. Not near a pole: there a real server
    /// misses members in reach, because its cells become narrower than it reckons with.
    private static void place(List<String> w, Random r) {
        double longitude = r.nextInt(3) == 0 ? r.nextDouble() * 360 - 180 : 13 + r.nextGaussian();
        double latitude = r.nextInt(3) == 0 ? r.nextDouble() * 120 - 60 : 38 + r.nextGaussian();
        String x = "" + longitude;
        String y = "" + latitude;
        switch (r.nextInt(30)) {
            case 0 -> x = Values.pick(r, "180", "-180", "179.999999", "180.5", "-1e300", "inf");
            case 1 -> y = Values.pick(r, "85.06", "-90", "nan");
            case 2 -> x = Values.number(r);
            case 3 -> y = "abc";
            default -> {}
        }
        add(w, x, y);
    }

    private static String size(Random r) {
        return switch (r.nextInt(14)) {
            case 0 -> "0";
            case 1 -> Values.pick(r, "-1", "x", "inf", "1e308", "");
            default -> "" + Math.pow(10, r.nextDouble() * 5);
        };
    }

    private static String unit(Random r) {
        return Values.pick(r, "m", "km", "km", "KM", "ft", "mi", r.nextInt(8) == 0 ? "yd" : "km");
    }

    private static String key(Random r) {
        return "key" + r.nextInt(6);
    }

    private static String member(Random r) {
        return switch (r.nextInt(10)) {
            case 0 -> "" + r.nextInt(20);
            case 1 -> "x".repeat(60 + r.nextInt(10));
            default -> "m" + r.nextInt(200);
        };
    }

    private static void add(List<String> words, String... more) {
        for (String word : more) words.add(word);
    }
}
