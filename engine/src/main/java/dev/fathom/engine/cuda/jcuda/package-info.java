/**
 * Everything that names JCuda. These classes live behind {@link dev.fathom.engine.cuda.natives.JcudaClassLoader}: use
 * them through the interfaces they implement, never by name, or JCuda unpacks its natives by itself.
 */
package dev.fathom.engine.cuda.jcuda;
