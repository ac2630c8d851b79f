package dev.fathom.training.synth;

import java.util.List;

/**
 * The shell that everything stands in, seen from inside: 0 &lt;= x &lt;= width, 0 &lt;= y &lt;= length, 0 &lt;= z &lt;=
 * height.
 *
 * @param faces what each of the six faces is made of, in the order of {@link Face}
 */
public record Room(double width, double length, double height, List<Surface> faces) implements Solid {
    /** Most panels that a face may have: face numbers are handed out up to here. */
    static final int MAX_PANELS = 8;

    /** The faces of a room. Walls are named after the side they are on, with y pointing north. */
    public enum Face { FLOOR, CEILING, WEST, EAST, SOUTH, NORTH }

    /**
     * A face: its material, the pieces on it, and the height of the skirting board (0 for none).
     */
    public record Surface(Material material, List<Panel> panels, double skirting, Material skirtingMaterial) {
        public Surface {
            if (panels.size() > MAX_PANELS) {
                throw new IllegalArgumentException("Room.Surface: " + panels.size()
                    + " panels on one face, but at most "
                    + MAX_PANELS + " have a number of their own.");
            }
        }

        public static Surface plain(Material material) {
            return new Surface(material, List.of(), 0, material);
        }
    }

    /** A rectangle on a face, by its lower left corner and size in the face's texture coordinates. */
    public record Panel(double u, double v, double width, double height, Material material) {
        public boolean holds(double pu, double pv) {
            return pu >= u && pu <= u + width && pv >= v && pv <= v + height;
        }
    }

    /** Distance at which a ray from inside leaves the room. From inside there is no miss. */
    @Override
    public double distance(Ray r, double tMin) {
        double tx = ((r.dx > 0 ? width : 0) - r.ox) / r.dx;
        double ty = ((r.dy > 0 ? length : 0) - r.oy) / r.dy;
        double tz = ((r.dz > 0 ? height : 0) - r.oz) / r.dz;
        double t = MISS;
        // A direction component of zero gives an infinite or undefined quotient: such a pair of walls is never met.
        if (r.dx != 0) {
            t = Math.min(t, tx);
        }
        if (r.dy != 0) {
            t = Math.min(t, ty);
        }
        if (r.dz != 0) {
            t = Math.min(t, tz);
        }
        return t;
    }

    @Override
    public void describe(Ray r, double t, Hit hit) {
        double x = r.ox + t * r.dx;
        double y = r.oy + t * r.dy;
        double z = r.oz + t * r.dz;
        Face face = nearestFace(x, y, z);
        switch (face) {
            case FLOOR, CEILING -> {
                hit.normal(0, 0, face == Face.FLOOR ? 1 : -1);
                hit.axes(1, 0, 0, 0, 1, 0);
                surface(face, x, y, hit);
            }
            case WEST, EAST -> {
                hit.normal(face == Face.WEST ? 1 : -1, 0, 0);
                hit.axes(0, 1, 0, 0, 0, 1);
                surface(face, y, z, hit);
            }
            case SOUTH, NORTH -> {
                hit.normal(0, face == Face.SOUTH ? 1 : -1, 0);
                hit.axes(1, 0, 0, 0, 0, 1);
                surface(face, x, z, hit);
            }
        }
    }

    private Face nearestFace(double x, double y, double z) {
        double floor = Math.abs(z);
        double ceiling = Math.abs(height - z);
        double west = Math.abs(x);
        double east = Math.abs(width - x);
        double south = Math.abs(y);
        double north = Math.abs(length - y);
        double level = Math.min(floor, ceiling);
        double across = Math.min(west, east);
        double along = Math.min(south, north);
        if (level <= across && level <= along) {
            return floor < ceiling ? Face.FLOOR : Face.CEILING;
        }
        if (across <= along) {
            return west < east ? Face.WEST : Face.EAST;
        }
        return south < north ? Face.SOUTH : Face.NORTH;
    }

    /** Fills in texture and face number: faces come first, then the panels on them, then the skirting boards. */
    private void surface(Face face, double u, double v, Hit hit) {
        Surface surface = faces.get(face.ordinal());
        List<Panel> panels = surface.panels();
        for (int i = 0; i < panels.size(); i++) {
            Panel panel = panels.get(i);
            if (panel.holds(u, v)) {
                hit.texture(u - panel.u(), v - panel.v(), panel.material());
                hit.face = face.ordinal() + 6 * (i + 1);
                return;
            }
        }
        boolean skirting = v < surface.skirting();
        hit.texture(u, v, skirting ? surface.skirtingMaterial() : surface.material());
        hit.face = face.ordinal() + (skirting ? 6 * (MAX_PANELS + 1) : 0);
    }

    /** Area of floor, ceiling and walls in square metres. */
    public double area() {
        return 2 * (width * length + (width + length) * height);
    }

    @Override
    public Bound bound() {
        return new Bound(width / 2, length / 2, height / 2,
            Math.sqrt(width * width + length * length + height * height) / 2);
    }
}
