// sharp with its defaults, on one thread and without its cache, which would answer a repeat from memory.
import sharp from 'sharp'

import { serve } from './serve.mjs'

sharp.concurrency(1)
sharp.cache(false)

await serve((original, { width, height, quality }) =>
  sharp(original).rotate().resize({ width, height, fit: 'cover' }).webp({ quality }).toBuffer(),
)
