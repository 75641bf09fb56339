/** Checks that plots have their text: it is drawn with a font of this machine. */
import { encodeSvg } from '../../data/decode.ts';
import { type Check, fine } from './finding.ts';

const drawing = (content: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">${content}</svg>`;

export const checkPlots: Check = async () => {
  const blank = await encodeSvg(drawing(''));
  const text = await encodeSvg(drawing('<text x="2" y="15">B0</text>'));
  if (!text.equals(blank)) return fine('text is drawn');
  return {
    status: 'warn',
    finding: 'no font: the PNG files of plots will have no text',
    mend: 'install one, such as the package fonts-dejavu-core of Debian',
  };
};
