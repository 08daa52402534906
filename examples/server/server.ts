/** A tokenizer over HTTP; requests that come together are computed together: `PORT=8080 npx tsx server.ts runs/a`. */
import { createServer } from 'node:http';
import { openTokenizer, UnreadableImage, UserError } from 'latent-vae/tokenizer';

const tokenizer = await openTokenizer(process.argv[2] ?? 'runs/a', { batch: 16 });
const server = createServer(async (request, response) => {
  try {
    const body = Buffer.concat(await request.toArray());
    if (request.url === '/encode') {
      const { shape, mean } = await tokenizer.encode(body);
      response.setHeader('x-latent-shape', shape.join()).end(Buffer.from(mean.buffer));
    } else if (request.url === '/decode') {
      const [height = 0, width = 0, channels = 0] = `${request.headers['x-latent-shape']}`.split(',').map(Number);
      const mean = new Float32Array(new Uint8Array(body).buffer);
      response
        .setHeader('content-type', 'image/png')
        .end(await tokenizer.decode({ shape: [height, width, channels], mean }));
    } else response.writeHead(404).end();
  } catch (error) {
    const isTheirs = error instanceof UnreadableImage || error instanceof UserError;
    response.writeHead(isTheirs ? 400 : 500).end(isTheirs ? error.message : 'failed');
  }
});
server.listen(Number(process.env.PORT ?? 8080), () => process.stdout.write(`${JSON.stringify(server.address())}\n`));
