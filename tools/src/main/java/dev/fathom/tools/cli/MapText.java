package dev.fathom.tools.cli;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.TypedSettings;
import dev.fathom.training.data.maps.MapMeaning;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A depth file, or a folder of such, as it was typed: {@code room.png,unit=mm}.
 *
 * @param path the file
 * @param settings what its numbers mean ({@link MapMeaning#settings()}), and {@code array}; empty if nothing was said
 */
public record MapText(Path path, Map<String, String> settings) {
    /** Which array of a file that has several. */
    public static final String ARRAY = "array";

    /** @throws FathomException if a setting is unknown or named twice, or its value makes no sense */
    public static MapText parse(String text) {
        TypedSettings typed = TypedSettings.parse("", text);
        for (String key : typed.settings().keySet()) {
            if (!key.equals(ARRAY) && !MapMeaning.settings().containsKey(key)) {
                throw new FathomException("'" + text + "' has " + key + "=; expected "
                        + String.join("=, ", MapMeaning.settings().keySet()) + "= or " + ARRAY + "=.");
            }
        }
        MapText map = new MapText(Path.of(typed.head()), typed.settings());
        if (map.declared()) {
            map.meaning(Map.of());
        }
        return map;
    }

    /** Whether anything was said about what the numbers mean. */
    public boolean declared() {
        return settings.keySet().stream().anyMatch(MapMeaning.settings()::containsKey);
    }

    /**
     * What the numbers mean.
     *
     * @param own what the file says of itself, for where nothing else was said
     * @throws FathomException if neither says how long a unit is
     */
    public MapMeaning meaning(Map<String, String> own) {
        return MapMeaning.of("The depth file " + path, declared() ? settings : own);
    }

    /** Reads one for picocli. */
    public static final class Converter implements ITypeConverter<MapText> {
        @Override
        public MapText convert(String text) {
            try {
                return parse(text);
            } catch (FathomException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
