package dev.fathom.tests.points;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Scanner;

/**
 * Reads any .ply by its header, ASCII or binary, whatever its elements and properties (Turk, "The PLY Polygon File
 * Format"); shares nothing with the writer.
 */
public final class PlyReader {
    private record Property(String type, String listCount, String name) {
    }

    private record Element(String name, int count, List<Property> properties) {
    }

    /** One value of an element: numbers by the property's name; a list has several. */
    public record Row(Map<String, double[]> values) {
        /** A number. */
        public double get(String name) {
            double[] all = values.get(name);
            if (all == null || all.length != 1) {
                throw new IllegalArgumentException("no number " + name + " in " + values.keySet());
            }
            return all[0];
        }

        /** Place. */
        public double[] xyz() {
            return new double[] {get("x"), get("y"), get("z")};
        }
    }

    private final List<Element> elements = new ArrayList<>();
    private final List<String> comments = new ArrayList<>();
    private final Map<String, List<Row>> rows = new LinkedHashMap<>();
    private String format;

    private PlyReader(byte[] file) {
        ByteBuffer data = header(file);
        Scanner words = format.equals("ascii")
                ? new Scanner(new String(file, data.position(), data.remaining(), StandardCharsets.US_ASCII)) : null;
        data.order(format.equals("binary_big_endian") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        for (Element element : elements) {
            List<Row> all = new ArrayList<>();
            for (int i = 0; i < element.count; i++) {
                Map<String, double[]> values = new LinkedHashMap<>();
                for (Property p : element.properties) {
                    int n = p.listCount == null ? 1 : (int) number(p.listCount, data, words);
                    double[] list = new double[n];
                    for (int k = 0; k < n; k++) {
                        list[k] = number(p.type, data, words);
                    }
                    values.put(p.name, list);
                }
                all.add(new Row(values));
            }
            rows.put(element.name, all);
        }
        if (words == null ? data.hasRemaining() : words.hasNext()) {
            throw new IllegalArgumentException("something behind the last element");
        }
    }

    /** Reads a whole file. */
    public static PlyReader read(Path file) {
        try {
            return new PlyReader(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ByteBuffer header(byte[] file) {
        int at = 0;
        for (int number = 0;; number++) {
            int end = at;
            while (file[end] != '\n') {
                end++;
            }
            String line = new String(file, at, end - at, StandardCharsets.US_ASCII);
            at = end + 1;
            String[] words = line.split(" ");
            if (number == 0) {
                require(line.equals("ply"), line);
            } else if (words[0].equals("format")) {
                require(words[2].equals("1.0"), line);
                format = words[1];
            } else if (words[0].equals("comment")) {
                comments.add(line.substring("comment ".length()));
            } else if (words[0].equals("element")) {
                elements.add(new Element(words[1], Integer.parseInt(words[2]), new ArrayList<>()));
            } else if (words[0].equals("property")) {
                boolean list = words[1].equals("list");
                elements.getLast().properties.add(new Property(list ? words[3] : words[1], list ? words[2] : null,
                        words[words.length - 1]));
            } else {
                require(line.equals("end_header"), line);
                return ByteBuffer.wrap(file, at, file.length - at);
            }
        }
    }

    private static double number(String type, ByteBuffer data, Scanner words) {
        if (words != null) {
            return type.equals("float") ? Float.parseFloat(words.next()) : Double.parseDouble(words.next());
        }
        return switch (type) {
            case "char" -> data.get();
            case "uchar" -> data.get() & 0xFF;
            case "int" -> data.getInt();
            case "float" -> data.getFloat();
            case "double" -> data.getDouble();
            default -> throw new IllegalArgumentException("type " + type);
        };
    }

    private static void require(boolean right, String line) {
        if (!right) {
            throw new IllegalArgumentException("unexpected line: " + line);
        }
    }

    public String format() {
        return format;
    }

    public List<String> comments() {
        return comments;
    }

    public List<Row> vertices() {
        return rows.get("vertex");
    }

    /** The numbers of the points of each face; empty where the file has no faces. */
    public List<int[]> faces() {
        return rows.getOrDefault("face", List.of()).stream().map(row -> {
            double[] list = row.values.get("vertex_indices");
            int[] face = new int[list.length];
            for (int i = 0; i < face.length; i++) {
                face[i] = (int) list[i];
            }
            return face;
        }).toList();
    }
}
