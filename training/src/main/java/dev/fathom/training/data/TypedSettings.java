package dev.fathom.training.data;

import dev.fathom.engine.errors.FathomException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Something with settings behind it, as it is typed in one word: {@code maps/room.png,unit=mm,invalid=0}.
 *
 * @param head what stands before the settings
 * @param settings by key, in the order in which they were typed
 */
public record TypedSettings(String head, Map<String, String> settings) {
    /** A comma that begins another setting; others belong to a path or a value. */
    private static final String NEXT = ",(?=[a-z][a-z-]*=)";

    /**
     * Takes it apart; whether a key is known is for the caller to say.
     *
     * @param option what the sentence of a refusal begins with, {@code --depth}
     * @throws FathomException if a key stands there twice
     */
    public static TypedSettings parse(String option, String text) {
        List<String> parts = List.of(text.split(NEXT));
        Map<String, String> settings = new LinkedHashMap<>();
        for (String setting : parts.subList(1, parts.size())) {
            int equals = setting.indexOf('=');
            String key = setting.substring(0, equals);
            if (settings.put(key, setting.substring(equals + 1)) != null) {
                throw new FathomException((option + " '" + text + "'").strip() + " sets " + key
                        + " twice; expected once.");
            }
        }
        return new TypedSettings(parts.getFirst(), settings);
    }
}
