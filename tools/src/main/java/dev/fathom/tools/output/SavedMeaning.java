package dev.fathom.tools.output;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What the numbers of a map mean that this program wrote: from the text chunks of a PNG, or from the .json beside
 * another file. In the words of {@link dev.fathom.training.data.maps.MapMeaning#settings()}.
 */
public final class SavedMeaning {
    private static final long PNG = 0x89504E470D0A1A0AL;
    private static final String OURS = "fathom:";

    private SavedMeaning() {
    }

    /** The settings; empty if the file says nothing, or nothing that can be understood. */
    public static Map<String, String> of(Path file) {
        try {
            return settings(file.toString().toLowerCase(Locale.ROOT).endsWith(".png") ? chunks(file) : sidecar(file));
        } catch (IOException e) {
            return Map.of();        // whoever reads the file itself says what is wrong with it
        }
    }

    private static Map<String, String> settings(Map<String, String> fields) {
        String unit = fields.getOrDefault("unit", "");
        return switch (unit) {
            case "metres" -> fields.containsKey("values_per_metre")
                    ? Map.of("scale", "1/" + fields.get("values_per_metre")) : Map.of("unit", "m");
            case "relative inverse depth" -> Map.of("quantity", "disparity", "unit", "none");
            default -> Map.of();
        };
    }

    private static Map<String, String> sidecar(Path file) throws IOException {
        Map<String, String> fields = new LinkedHashMap<>();
        Path sidecar = Sidecar.of(file);
        if (Files.isRegularFile(sidecar)) {
            try {
                JsonNode json = new ObjectMapper().readTree(sidecar.toFile());
                json.properties().forEach(e -> fields.put(e.getKey(), e.getValue().asText()));
            } catch (JsonProcessingException notOurs) {
                return Map.of();        // a file that happens to have this name
            }
        }
        return fields;
    }

    /** The texts that stand before the pixels (PNG specification, 11.3.4.3: keyword, 0, Latin-1). */
    private static Map<String, String> chunks(Path file) throws IOException {
        Map<String, String> fields = new LinkedHashMap<>();
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            if (in.readLong() != PNG) {
                return Map.of();
            }
            while (true) {
                int length = in.readInt();
                String type = new String(in.readNBytes(4), StandardCharsets.ISO_8859_1);
                if (type.equals("IDAT") || type.equals("IEND") || length < 0) {
                    return fields;
                }
                if (type.equals("tEXt")) {
                    String[] words = new String(in.readNBytes(length), StandardCharsets.ISO_8859_1).split("\0", 2);
                    if (words.length == 2 && words[0].startsWith(OURS)) {
                        fields.put(words[0].substring(OURS.length()), words[1]);
                    }
                } else {
                    in.skipNBytes(length);
                }
                in.skipNBytes(Integer.BYTES);
            }
        }
    }
}
