package dev.fathom.training.optim;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.fathom.engine.errors.FathomException;

/**
 * A factor on the learning rate of some parameters. Written {@code PATTERN=FACTOR}.
 *
 * @param pattern whose
 * @param factor above 0, finite
 */
public record LrScale(NamePattern pattern, double factor) {
    /** @throws FathomException if the factor is not above 0 and finite */
    public LrScale {
        if (!(factor > 0 && factor < Double.POSITIVE_INFINITY)) {
            throw new FathomException("The factor of " + pattern + " is " + factor
                    + ", but must be above 0 and finite; to keep parameters as they are, freeze them.");
        }
    }

    /** Reads {@code pretrained.blocks.*=0.1}; what stands behind the last = is the factor. */
    public static LrScale of(String words) {
        int equals = words.lastIndexOf('=');
        if (equals < 0) {
            throw new FathomException("'" + words + "' has no factor; expected PATTERN=FACTOR, such as"
                    + " 'pretrained.*=0.1'.");
        }
        try {
            return new LrScale(NamePattern.of(words.substring(0, equals)),
                    Double.parseDouble(words.substring(equals + 1)));
        } catch (NumberFormatException e) {
            throw new FathomException("'" + words + "' has the factor '" + words.substring(equals + 1)
                    + "', which is no number; expected PATTERN=FACTOR, such as 'pretrained.*=0.1'.", e);
        }
    }

    @JsonValue
    @Override
    public String toString() {
        return pattern + "=" + factor;
    }
}
