package dev.fathom.tools.points;

import dev.fathom.nn.checkpoint.AtomicFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Stanford's polygon format (Turk, "The PLY Polygon File Format", 1994): a header in words, then vertices with place
 * and colour, then faces. Written as the points come, never held as a whole.
 */
public final class PlyFile {
    /**
     * How a file is written.
     *
     * @param ascii numbers as words instead of little-endian bytes
     * @param normals with the surface's direction at each point
     * @param axes which way is up
     */
    public record Form(boolean ascii, boolean normals, Axes axes) {
    }

    /** Coordinates of the file. */
    public enum Axes {
        /** x right, y down, z forward, as in OpenCV and in the original program. */
        OPENCV(1, "x right, y down, z forward (OpenCV)"),
        /** x right, y up, z backward, as most viewers have it: the scene stands upright. */
        OPENGL(-1, "x right, y up, z backward (OpenGL)");

        private final int sign;
        private final String words;

        Axes(int sign, String words) {
            this.sign = sign;
            this.words = words;
        }

        /** For people. */
        public String words() {
            return words;
        }
    }

    private final Form form;
    private final OutputStream out;
    private final ByteBuffer bytes = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
    private final StringBuilder line = new StringBuilder();

    private PlyFile(Form form, OutputStream out) {
        this.form = form;
        this.out = out;
    }

    /**
     * Writes a file.
     *
     * @param mesh points that make triangles too; null for points alone
     * @param comments a line each; whatever is not ASCII becomes a question mark
     * @return how many triangles were written
     */
    public static int write(Path file, Form form, PointSource points, GridPoints mesh, List<String> comments) {
        int[] faces = new int[1];
        AtomicFile.replace(file, path -> {
            faces[0] = mesh == null ? 0 : mesh.triangles();
            try (OutputStream out = Files.newOutputStream(path)) {
                PlyFile ply = new PlyFile(form, out);
                ply.header(points.count(), mesh == null ? -1 : faces[0], comments);
                points.forEach(ply::vertex);
                if (mesh != null) {
                    mesh.forEachTriangle(ply::face);
                }
                ply.flush();
            }
        });
        return faces[0];
    }

    private void header(int vertices, int faces, List<String> comments) throws IOException {
        StringBuilder header = new StringBuilder("ply\nformat ").append(form.ascii ? "ascii" : "binary_little_endian")
                .append(" 1.0\n");
        for (String comment : comments) {
            header.append("comment ").append(comment.replaceAll("[\\r\\n]+", " ")).append('\n');
        }
        header.append("element vertex ").append(vertices)
                .append("\nproperty float x\nproperty float y\nproperty float z\n");
        if (form.normals) {
            header.append("property float nx\nproperty float ny\nproperty float nz\n");
        }
        header.append("property uchar red\nproperty uchar green\nproperty uchar blue\n");
        if (faces >= 0) {
            header.append("element face ").append(faces).append("\nproperty list uchar int vertex_indices\n");
        }
        out.write(header.append("end_header\n").toString().getBytes(StandardCharsets.US_ASCII));
    }

    private void vertex(Point p) throws IOException {
        int sign = form.axes.sign;
        if (form.ascii) {
            line.append((float) p.x).append(' ').append((float) (sign * p.y)).append(' ').append((float) (sign * p.z));
            if (form.normals) {
                line.append(' ').append((float) p.nx).append(' ').append((float) (sign * p.ny)).append(' ')
                        .append((float) (sign * p.nz));
            }
            line.append(' ').append(p.red).append(' ').append(p.green).append(' ').append(p.blue).append('\n');
        } else {
            bytes.putFloat((float) p.x).putFloat((float) (sign * p.y)).putFloat((float) (sign * p.z));
            if (form.normals) {
                bytes.putFloat((float) p.nx).putFloat((float) (sign * p.ny)).putFloat((float) (sign * p.nz));
            }
            bytes.put((byte) p.red).put((byte) p.green).put((byte) p.blue);
        }
        flushIfFull();
    }

    private void face(int a, int b, int c) throws IOException {
        if (form.ascii) {
            line.append("3 ").append(a).append(' ').append(b).append(' ').append(c).append('\n');
        } else {
            bytes.put((byte) 3).putInt(a).putInt(b).putInt(c);
        }
        flushIfFull();
    }

    /** Leaves room for one more element, which is less than 64 bytes and a line of less than 200. */
    private void flushIfFull() throws IOException {
        if (bytes.remaining() < 64 || line.length() > 1 << 16) {
            flush();
        }
    }

    private void flush() throws IOException {
        out.write(bytes.array(), 0, bytes.position());
        bytes.clear();
        out.write(line.toString().getBytes(StandardCharsets.US_ASCII));
        line.setLength(0);
    }
}
