package dev.fathom.tools.evaluate;

import dev.fathom.training.evaluation.protocol.Alignment;
import dev.fathom.training.evaluation.protocol.Average;
import dev.fathom.training.evaluation.protocol.Fitting;
import dev.fathom.training.evaluation.protocol.NamedProtocol;
import dev.fathom.training.evaluation.protocol.Resolution;
import dev.fathom.training.evaluation.protocol.Space;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the words of a protocol for picocli, which itself would list an enum's Java names to who mistypes one. */
final class ProtocolWords {
    private ProtocolWords() {
    }

    /** One of a few words. */
    private abstract static class Word<E extends Enum<E>> implements ITypeConverter<E> {
        private final List<E> all;

        private Word(E[] all) {
            this.all = List.of(all);
        }

        @Override
        public E convert(String text) {
            return all.stream().filter(e -> e.toString().equals(text.toLowerCase(Locale.ROOT))).findFirst().orElseThrow(() ->
                    new TypeConversionException("'" + text + "' is none of " + all.stream().map(Enum::toString)
                            .collect(Collectors.joining(", ")) + "."));
        }
    }

    static final class OfProtocol extends Word<NamedProtocol> {
        OfProtocol() {
            super(NamedProtocol.values());
        }
    }

    static final class OfSpace extends Word<Space> {
        OfSpace() {
            super(Space.values());
        }
    }

    static final class OfAlignment extends Word<Alignment> {
        OfAlignment() {
            super(Alignment.values());
        }
    }

    static final class OfFitting extends Word<Fitting> {
        OfFitting() {
            super(Fitting.values());
        }
    }

    static final class OfResolution extends Word<Resolution> {
        OfResolution() {
            super(Resolution.values());
        }
    }

    static final class OfAverage extends Word<Average> {
        OfAverage() {
            super(Average.values());
        }
    }
}
