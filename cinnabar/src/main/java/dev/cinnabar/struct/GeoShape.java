package dev.cinnabar.struct;

/// An area on earth, in degrees and meters: what is in it, and how far from its center.
///
/// Immutable. The earth is a ball with Redis's radius, so distances are wrong by up to half a percent.
public sealed interface GeoShape {
    /*
     * Distances are those of the haversine formula (R. W. Sinnott, 1984), which keeps its digits for places
     * near each other:
     *
     *      hav = sin²(Δlatitude / 2) + cos latitude₁ · cos latitude₂ · sin²(Δlongitude / 2)
     *      distance = 2 · radius · asin √hav
     *
     * The bounds are degrees. Along a meridian a meter is the same everywhere; along a parallel it is more
     * degrees the nearer the pole, so the sides are taken where the area is nearest to it:
     *
     *           ┌───────────┐  north    half the height above the center
     *           │   .---.   │
     *           │  (  c  )  │           west, east: half the width, at the latitude of the side that is nearer to the pole
     *           │   '---'   │
     *           └───────────┘  south
     *
     * They may lie beyond the ends of the map, or be no numbers when the area reaches over a pole; then
     * nothing is left out by them.
     *
     * Sines are StrictMath's: the same bits on every machine, so that GEOSEARCHSTORE does the same again when
     * the log is replayed.
     */

    /// What [#distance] answers for a place that is not inside.
    double OUTSIDE = -1;

    /// Meters.
    double EARTH_RADIUS = 6372797.560856;

    /// The center, from which distances are measured. Degrees.
    double longitude();

    double latitude();

    /// How far a place is from the center.
    ///
    /// @return meters, or [#OUTSIDE]
    double distance(double longitude, double latitude);

    /// No place inside is farther from the middle of the bounds. Meters.
    double reach();

    /// Degrees, as the others.
    double west();

    double east();

    double south();

    double north();

    /// Where a search begins: the center, for shapes that lie around it. Degrees.
    default double middleLongitude() {
        return longitude();
    }

    default double middleLatitude() {
        return latitude();
    }

    // ---- on a ball ----

    /// Meters between two places.
    static double between(double longitude1, double latitude1, double longitude2, double latitude2) {
        double y1 = radians(latitude1);
        double y2 = radians(latitude2);
        double u = StrictMath.sin((y2 - y1) / 2);
        double v = StrictMath.sin((radians(longitude2) - radians(longitude1)) / 2);
        double haversine = u * u + StrictMath.cos(y1) * StrictMath.cos(y2) * v * v;
        return 2 * EARTH_RADIUS * StrictMath.asin(Math.sqrt(Math.min(1, haversine))); // rounding may lead beyond 1
    }

    private static double radians(double degrees) {
        return degrees * (Math.PI / 180);
    }

    private static double degrees(double radians) {
        return radians / (Math.PI / 180);
    }

    /// How many degrees a way to the north is.
    private static double degreesNorth(double meters) {
        return degrees(meters / EARTH_RADIUS);
    }

    /// How many degrees a way to the east is at a latitude.
    private static double degreesEast(double meters, double latitude) {
        return degrees(meters / EARTH_RADIUS / StrictMath.cos(radians(latitude)));
    }

    /// An area around its center, as the other two are.
    sealed interface Centered extends GeoShape {
        /// Half of the width, in meters.
        double halfWidth();

        /// Half of the height, in meters.
        double halfHeight();

        /// At the latitude of the area that is nearest to a pole, where degrees are narrowest; an area with a
        /// pole in it is all around.
        private double degreesAside() {
            double up = degreesNorth(halfHeight());
            if (Math.abs(latitude()) + up >= 90) return 360;
            return degreesEast(halfWidth(), latitude() < 0 ? latitude() - up : latitude() + up);
        }

        @Override
        default double west() {
            return longitude() - degreesAside();
        }

        @Override
        default double east() {
            return longitude() + degreesAside();
        }

        @Override
        default double south() {
            return latitude() - degreesNorth(halfHeight());
        }

        @Override
        default double north() {
            return latitude() + degreesNorth(halfHeight());
        }
    }

    // ---- shapes ----

    /// All places up to a distance.
    ///
    /// @param radius in meters
    record Circle(double longitude, double latitude, double radius) implements Centered {
        @Override
        public double distance(double longitude, double latitude) {
            double distance = between(this.longitude, this.latitude, longitude, latitude);
            return distance > radius ? OUTSIDE : distance;
        }

        @Override
        public double halfWidth() {
            return radius;
        }

        @Override
        public double halfHeight() {
            return radius;
        }

        @Override
        public double reach() {
            return radius;
        }
    }

    /// All places up to a distance to the north and south, and another to the east and west, measured along
    /// the place's own parallel: on the map it is no rectangle but narrower at the side of the equator.
    ///
    /// @param width  in meters
    /// @param height in meters
    record Box(double longitude, double latitude, double width, double height) implements Centered {
        @Override
        public double distance(double longitude, double latitude) {
            if (between(longitude, latitude, longitude, this.latitude) > halfHeight()) return OUTSIDE;
            if (between(longitude, latitude, this.longitude, latitude) > halfWidth()) return OUTSIDE;
            return between(this.longitude, this.latitude, longitude, latitude);
        }

        @Override
        public double halfWidth() {
            return width / 2;
        }

        @Override
        public double halfHeight() {
            return height / 2;
        }

        @Override
        public double reach() {
            return Math.sqrt(halfWidth() * halfWidth() + halfHeight() * halfHeight());
        }
    }

    /// All places within a polygon on the map, in degrees: its sides are straight on the map, not on the
    /// ball, and do not go through longitude 180. Its center is the mean of its corners, taken on the ball,
    /// as in the example of Valkey's manual.
    ///
    /// @param points longitude, latitude, longitude, latitude …; the last corner is joined to the first
    record Polygon(
            double[] points, double longitude, double latitude, double west, double east, double south, double north)
            implements GeoShape {
        public static Polygon of(double... points) {
            double west = points[0];
            double east = west;
            double south = points[1];
            double north = south;
            double sumX = 0; // of the corners as points in space, on a ball of radius 1
            double sumY = 0;
            double sumZ = 0;
            for (int i = 0; i < points.length; i += 2) {
                west = Math.min(west, points[i]);
                east = Math.max(east, points[i]);
                south = Math.min(south, points[i + 1]);
                north = Math.max(north, points[i + 1]);
                double x = radians(points[i]);
                double y = radians(points[i + 1]);
                sumX += StrictMath.cos(y) * StrictMath.cos(x);
                sumY += StrictMath.cos(y) * StrictMath.sin(x);
                sumZ += StrictMath.sin(y);
            }
            double longitude = degrees(StrictMath.atan2(sumY, sumX));
            double latitude = degrees(StrictMath.atan2(sumZ, Math.sqrt(sumX * sumX + sumY * sumY)));
            return new Polygon(points, longitude, latitude, west, east, south, north);
        }

        @Override
        public double distance(double longitude, double latitude) {
            if (longitude < west || longitude > east || latitude < south || latitude > north) return OUTSIDE;
            return isInside(longitude, latitude)
                    ? between(this.longitude, this.latitude, longitude, latitude)
                    : OUTSIDE;
        }

        /// A ray from the place to the east crosses the sides of the polygon an odd number of times if the
        /// place is inside (M. Shimrat, 1962).
        private boolean isInside(double x, double y) {
            boolean isInside = false;
            double x1 = points[points.length - 2];
            double y1 = points[points.length - 1];
            for (int i = 0; i < points.length; i += 2) {
                double x2 = points[i];
                double y2 = points[i + 1];
                boolean isBetween = y1 > y != y2 > y;
                if (isBetween && x < x1 + (y - y1) / (y2 - y1) * (x2 - x1)) isInside = !isInside;
                x1 = x2;
                y1 = y2;
            }
            return isInside;
        }

        @Override
        public double middleLongitude() {
            return (west + east) / 2;
        }

        @Override
        public double middleLatitude() {
            return (south + north) / 2;
        }

        @Override
        public double reach() {
            double x = middleLongitude();
            double y = middleLatitude();
            return Math.max(between(x, y, west, south), between(x, y, west, north));
        }
    }
}
