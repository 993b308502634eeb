package dev.cinnabar.struct;

import dev.cinnabar.struct.Geohash.Cell;
import java.util.ArrayList;
import java.util.List;

/// Covers an area with few [cells][Cell], whose scores are then asked for.
public final class GeoCells {
    /*
     *      ┌─────┬─────┬─────┐
     *      │ NW  │  N  │ NE  │       The cell with the middle of the area in it, and its neighbours, of the smallest size that covers the
     *      ├─────┼──.──┼─────┤       area wherever in the cell the middle is: at least as wide as the area's radius. Those that the area
     *      │  W  │(  c │)  E │       does not reach are left out.
     *      ├─────┼──'──┼─────┤
     *      │ SW  │  S  │ SE  │       A finer cover would show fewer places outside of the area; but nine ranges are few.
     *      └─────┴─────┴─────┘
     *
     * The order of the cells is Redis's, since it is the order in which an unsorted search answers.
     */

    private static final double MAP_RADIUS = 20037726.37; // meters: half of Mercator's map, as Redis has it
    private static final double FAR_NORTH = 66; // degrees; from here on, cells are narrow
    private static final double NEAR_POLE = 80;

    private static final int[][] NEIGHBOURS = { // dx, dy
        {0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}
    };

    private GeoCells() {}

    /// Cells that hold all of the area, none twice.
    public static List<Cell> covering(GeoShape shape) {
        int steps = steps(shape.reach(), shape.middleLatitude());
        Cell center = Cell.of(shape.middleLongitude(), shape.middleLatitude(), steps);
        // larger cells once are enough for circles and boxes, and the order of answers, which is Redis's, depends on it
        int most = shape instanceof GeoShape.Centered ? 1 : Geohash.MAX_STEPS;
        for (; most > 0 && steps > 1 && !reaches(center, shape); most--) {
            center = Cell.of(shape.middleLongitude(), shape.middleLatitude(), --steps);
        }
        List<Cell> cells = new ArrayList<>(NEIGHBOURS.length);
        for (int[] d : NEIGHBOURS) {
            Cell cell = center.neighbour(d[0], d[1]);
            if (steps > 1 && isUseless(center, d[0], d[1], shape)) continue;
            // with two cells in a row the western neighbour is the eastern one
            if (cells.isEmpty() || !cells.get(cells.size() - 1).equals(cell)) cells.add(cell);
        }
        return cells;
    }

    /// How often to halve the map so that a cell is not smaller than the reach; often enough, see [#reaches].
    private static int steps(double reach, double latitude) {
        if (reach == 0) return Geohash.MAX_STEPS;
        int steps = -1;
        for (double meters = reach; meters < MAP_RADIUS; meters *= 2) steps++;
        if (Math.abs(latitude) > FAR_NORTH) steps--;
        if (Math.abs(latitude) > NEAR_POLE) steps--;
        return Math.max(1, Math.min(Geohash.MAX_STEPS, steps));
    }

    /// Whether the cell's neighbours reach the bounds of the area.
    private static boolean reaches(Cell center, GeoShape shape) {
        return !(center.neighbour(0, 1).north() < shape.north())
                && !(center.neighbour(0, -1).south() > shape.south())
                && !(center.neighbour(1, 0).east() < shape.east())
                && !(center.neighbour(-1, 0).west() > shape.west());
    }

    /// Whether the area does not reach as far as this neighbour.
    private static boolean isUseless(Cell center, int dx, int dy, GeoShape shape) {
        return dy < 0 && center.south() < shape.south()
                || dy > 0 && center.north() > shape.north()
                || dx < 0 && center.west() < shape.west()
                || dx > 0 && center.east() > shape.east();
    }
}
