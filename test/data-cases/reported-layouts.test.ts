// Layouts of data that people wrote about in public reports on this kind of program. Each is made anew, small, with empty
// images: only names and tables matter here.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explainDataset, type LoadOptions } from '../../src/data/load-dataset.ts';
import { temporaryFolder, writeIn } from '../support/data-fixtures.ts';
import { numbered } from '../support/memory-tree.ts';

interface ReportedLayout {
  readonly name: string;
  /** Where somebody wrote about it. */
  readonly reported: string;
  readonly images: readonly string[];
  readonly texts?: Readonly<Record<string, string>>;
  /** `train cat 2 dog 1 | test cat 1`, or what the refusal says. */
  readonly expected: string | RegExp;
  /** What the refusal advises, and what comes of it. */
  readonly cures?: readonly {
    readonly options?: LoadOptions;
    readonly path?: string;
    readonly texts?: Readonly<Record<string, string>>;
    readonly expected: string;
  }[];
}

const lines = (rows: readonly string[]): string => `${rows.join('\n')}\n`;
const each = (names: readonly string[], count: number, name: (of: string, index: number) => string): string[] =>
  names.flatMap((of) => numbered(count, (index) => name(of, index)));

const FOOD = each(['apple_pie', 'sushi'], 6, (food, i) => `${food}/${1000 + i}`);
const BIRDS = each(['001.Albatross', '002.Auklet'], 4, (bird, i) => `${bird}/${bird.slice(4)}_000${i}.jpg`);
const SIGNS = each(['0', '1'], 3, (sign, i) => `Train/${sign}/0000${sign}_0000${i}.png`);
const PETS = each(['Abyssinian', 'beagle', 'boxer'], 4, (breed, i) => `${breed}_${i}`);
/** Class, species (cat or dog) and breed within the species. */
const petRow = (name: string): string =>
  `${name} ${name.startsWith('A') ? '1 1 1' : name.startsWith('beagle') ? '2 2 1' : '3 2 2'}`;
const LAND = each(['AnnualCrop', 'Forest'], 6, (land, i) => `${land}/${land}_${i}.jpg`);
const landTable = (from: number, to: number): string =>
  lines([
    ',Filename,Label,ClassName',
    ...LAND.filter((_, i) => i % 6 >= from && i % 6 < to).map((file, i) => {
      const land = file.split('/')[0];
      return `${i},${file},${land === 'Forest' ? 1 : 0},${land}`;
    }),
  ]);
const ART = each(['baroque', 'ukiyo_e'], 4, (style, i) => `${style}/${style}-${i}.jpg`);
const WORDNET = numbered(24, (i) => `n0${1443537 + i}`);
const roboflow = (part: string, rows: readonly string[]): Readonly<Record<string, string>> => ({
  [`${part}/_classes.csv`]: lines(['filename, Blue, Red', ...rows.map((row, i) => `${part}${i}.jpg, ${row}`)]),
});
const roboflowImages = each(['train', 'valid', 'test'], 3, (part, i) => `${part}/${part}${i}.jpg`);
const XRAYS = numbered(6, (i) => `0000000${i}_000.png`);

const LAYOUTS: readonly ReportedLayout[] = [
  {
    name: 'Food-101: class folders, and lists of the parts without endings',
    reported: 'JorgeCeja/food101-tensorflow#3, xfflzl/CIM-CIL#2',
    images: FOOD.map((name) => `food-101/images/${name}.jpg`),
    texts: {
      'food-101/meta/train.txt': lines(FOOD.filter((_, i) => i % 6 < 4)),
      'food-101/meta/test.txt': lines(FOOD.filter((_, i) => i % 6 >= 4)),
      'food-101/meta/classes.txt': lines(['apple_pie', 'sushi']),
      'food-101/meta/train.json': '{"apple_pie": ["apple_pie/1000"]}',
    },
    expected: 'train apple_pie 4 sushi 4 | test apple_pie 2 sushi 2',
  },
  {
    name: 'CUB-200-2011: class folders, and lists of numbers',
    reported: 'chou141253/FGVC-HERBS#10, alinlab/cs-kd#5',
    images: BIRDS.map((name) => `CUB_200_2011/images/${name}`),
    texts: {
      'CUB_200_2011/images.txt': lines(BIRDS.map((name, i) => `${i + 1} ${name}`)),
      'CUB_200_2011/image_class_labels.txt': lines(BIRDS.map((name, i) => `${i + 1} ${Number(name.slice(0, 3))}`)),
      'CUB_200_2011/train_test_split.txt': lines(BIRDS.map((_, i) => `${i + 1} ${i % 2}`)),
      'CUB_200_2011/classes.txt': lines(['1 001.Albatross', '2 002.Auklet']),
    },
    expected: 'train 001.Albatross 4 002.Auklet 4',
  },
  {
    name: 'GTSRB: class folders for training, a table for the test part, and pictures of the signs',
    reported: 'chsasank/Traffic-Sign-Classification.keras#1',
    images: [...SIGNS, 'Test/00000.png', 'Test/00001.png', 'Meta/0.png', 'Meta/1.png'],
    texts: {
      'Train.csv': lines(['Width,ClassId,Path', ...SIGNS.map((file) => `29,${file.split('/')[1]},${file}`)]),
      'Test.csv': lines(['Width,ClassId,Path', '53,1,Test/00000.png', '54,0,Test/00001.png']),
      'Meta.csv': lines(['Path,ClassId,ShapeId', 'Meta/0.png,0,1', 'Meta/1.png,1,1']),
    },
    expected: 'train 0 3 1 3 | test 0 1 1 1',
  },
  {
    name: 'Oxford-IIIT Pet: breeds in the names, lists of numbers with comments, and trimaps',
    reported: 'junxnone/tio#304, pytorch/vision#8388',
    images: [...PETS.map((name) => `images/${name}.jpg`), ...PETS.map((name) => `annotations/trimaps/${name}.png`)],
    texts: {
      'images/Abyssinian_1.mat': 'MATLAB',
      'annotations/list.txt': lines(['#Image CLASS-ID SPECIES BREED ID', '#ID: 1:37 Class ids', ...PETS.map(petRow)]),
      'annotations/trainval.txt': lines(PETS.filter((_, i) => i % 4 < 3).map(petRow)),
      'annotations/test.txt': lines(PETS.filter((_, i) => i % 4 === 3).map(petRow)),
    },
    expected:
      /its images lie in images.*list\.txt names images.*--label-column names it.*--label-from name \(Abyssinian\)/,
    cures: [
      {
        options: { labelFrom: 'name' },
        expected: 'train Abyssinian 3 beagle 3 boxer 3 | test Abyssinian 1 beagle 1 boxer 1',
      },
      { options: { labelColumn: '2' }, expected: 'train 1 3 2 3 3 3 | test 1 1 2 1 3 1' },
    ],
  },
  {
    name: 'Roboflow, multi-class: a table of 0 and 1 in each part, with blanks in its header',
    reported: 'roboflow/supervision#625',
    images: roboflowImages,
    texts: {
      ...roboflow('train', ['1, 0', '0, 1', '1, 0']),
      ...roboflow('valid', ['0, 1', '0, 1', '1, 0']),
      ...roboflow('test', ['1, 0', '1, 0', '0, 1']),
    },
    expected: 'train Blue 2 Red 1 | validation Blue 1 Red 2 | test Blue 2 Red 1',
  },
  {
    name: 'the same where images have several classes',
    reported: 'roboflow/supervision#625',
    images: roboflowImages,
    texts: {
      ...roboflow('train', ['1, 1', '0, 1', '1, 0']),
      ...roboflow('valid', ['0, 1', '0, 1', '1, 0']),
      ...roboflow('test', ['1, 0', '1, 0', '0, 1']),
    },
    expected: /train\/_classes\.csv, row 2: train0\.jpg has 2 classes \(Blue, Red\); give each image one class/,
    cures: [{ options: { labelColumn: 'Red' }, expected: 'train 0 1 1 2 | validation 0 1 1 2 | test 0 2 1 1' }],
  },
  {
    name: 'Dog breeds: names without endings in a table, and a test part without labels',
    reported: 'keras-team/keras-preprocessing#164',
    images: [...numbered(4, (i) => `train/000bec18${i}.jpg`), 'test/ff01.jpg', 'test/ff02.jpg'],
    texts: {
      'labels.csv': lines(['id,breed', ...numbered(4, (i) => `000bec18${i},${['beagle', 'dingo'][i % 2]}`)]),
      'sample_submission.csv': lines(['id,beagle,dingo', 'ff01,0.5,0.5', 'ff02,0.5,0.5']),
    },
    expected: 'train beagle 2 dingo 2',
  },
  {
    name: 'Cassava: classes as numbers, their names in JSON, and a submission of the same form',
    reported: 'christine-a11y/cassava-leaf-disease-classification#1',
    images: [...numbered(4, (i) => `train_images/100${i}.jpg`), 'test_images/2216849948.jpg'],
    texts: {
      'train.csv': lines(['image_id,label', ...numbered(4, (i) => `100${i}.jpg,${i % 2}`)]),
      'sample_submission.csv': lines(['image_id,label', '2216849948.jpg,4']),
      'label_num_to_disease_map.json': '{"0": "Bacterial Blight", "1": "Healthy"}',
    },
    expected: 'train 0 2 1 2',
  },
  {
    name: 'Tiny ImageNet: a list for the validation part among as many lists of boxes as there are classes',
    reported: 'NingMiao/InstaAug#1',
    images: [
      ...WORDNET.map((name) => `tiny/train/${name}/images/${name}_0.JPEG`),
      ...numbered(2, (i) => `tiny/val/images/val_${i}.JPEG`),
      'tiny/test/images/test_0.JPEG',
    ],
    texts: {
      ...Object.fromEntries(
        WORDNET.map((name) => [`tiny/train/${name}/${name}_boxes.txt`, `${name}_0.JPEG\t0\t10\t63\t58\n`]),
      ),
      'tiny/val/val_annotations.txt': lines(numbered(2, (i) => `val_${i}.JPEG\t${WORDNET[i]}\t0\t32\t44\t62`)),
      'tiny/wnids.txt': lines(WORDNET),
      'tiny/words.txt': 'n01443537\tgoldfish, Carassius auratus\n',
    },
    expected: `train ${WORDNET.map((name) => `${name} 1`).join(' ')} | validation ${WORDNET[0]} 1 ${WORDNET[1]} 1`,
  },
  {
    name: 'ImageNet from a competition: the validation part flat, its classes in a table of boxes',
    reported: 'facebookresearch/dinov2#496',
    images: [
      ...each(['n01440764', 'n01443537'], 2, (name, i) => `ILSVRC/Data/CLS-LOC/train/${name}/${name}_${i}.JPEG`),
      ...numbered(2, (i) => `ILSVRC/Data/CLS-LOC/val/ILSVRC2012_val_0000000${i}.JPEG`),
    ],
    texts: {
      'LOC_val_solution.csv': lines([
        'ImageId,PredictionString',
        'ILSVRC2012_val_00000000,n01440764 85 1 499 272',
        'ILSVRC2012_val_00000001,n01443537 1 2 3 4',
      ]),
      'ILSVRC/ImageSets/CLS-LOC/val.txt': lines(numbered(2, (i) => `ILSVRC2012_val_0000000${i} ${i + 1}`)),
    },
    expected: 'train n01440764 2 n01443537 2',
  },
  {
    name: 'Oxford Flowers: flat images, and labels in a MATLAB file',
    reported: 'walsvid/GoogLeNet-TensorFlow#4, bjpublic/TMI-Deeplearning#2',
    images: numbered(4, (i) => `jpg/image_0000${i}.jpg`),
    texts: { 'imagelabels.mat': 'MATLAB 5.0 MAT-file', 'setid.mat': 'MATLAB 5.0 MAT-file' },
    expected:
      /its images lie in jpg, which does not look like classes.*add labels\.csv with the columns file_name and label/,
    cures: [
      {
        texts: { 'labels.csv': lines(['file_name,label', ...numbered(4, (i) => `image_0000${i}.jpg,${i % 2}`)]) },
        expected: 'train 0 2 1 2',
      },
    ],
  },
  {
    name: 'Stanford Dogs: folders in folders, beside annotations without endings',
    reported: 'sassoftware/python-dlpy#215',
    images: each(
      ['n02085620-Chihuahua', 'n02106030-collie'],
      2,
      (dog, i) => `images/Images/${dog}/${dog.slice(0, 9)}_${i}.jpg`,
    ),
    texts: { 'annotations/Annotation/n02085620-Chihuahua/n02085620_0': '<annotation/>' },
    expected: 'train n02085620-Chihuahua 2 n02106030-collie 2',
  },
  {
    name: 'EuroSAT: class folders, and a table for each part',
    reported: 'Luo-Jiaming/GIFT_CL#1, ServiceNow/seasonal-contrast#9',
    images: LAND.map((file) => `EuroSAT/${file}`),
    texts: {
      'EuroSAT/train.csv': landTable(0, 3),
      'EuroSAT/validation.csv': landTable(3, 4),
      'EuroSAT/test.csv': landTable(4, 6),
      'EuroSAT/label_map.json': '{"AnnualCrop": 0, "Forest": 1}',
    },
    expected: 'train AnnualCrop 3 Forest 3 | validation AnnualCrop 1 Forest 1 | test AnnualCrop 2 Forest 2',
  },
  {
    name: 'ArtBench: class folders, and a table with a column of parts',
    reported: 'liaopeiyuan/artbench#2',
    images: ART.map((file) => `artbench-10-imagefolder/${file}`),
    texts: {
      'ArtBench-10.csv': lines([
        'name,artist,width,label,split',
        ...ART.map(
          (file, i) => `${file.split('/')[1]},artist ${i % 3},600,${file.split('/')[0]},${i % 4 ? 'train' : 'test'}`,
        ),
      ]),
    },
    expected: 'train baroque 3 ukiyo_e 3 | test baroque 1 ukiyo_e 1',
  },
  {
    name: 'MVTec: nothing but good examples in the training part',
    reported: 'open-edge-platform/anomalib#2515, cqylunlun/GLASS#50',
    images: ['train/good/1', 'train/good/2', 'test/good/1', 'test/broken/1', 'ground_truth/broken/1_mask'].map(
      (name) => `bottle/${name}.png`,
    ),
    expected: /its training images are all of one class \(good;.*add images of another class/,
  },
  {
    name: 'names of images with words for parts in them',
    reported: 'huggingface/datasets#5021',
    images: ['photo of a cat.jpg', 'photo of a train.jpg', 'photo of test tubes.jpg'],
    texts: {
      'metadata.jsonl': lines(
        ['cat', 'a train', 'test tubes'].map((what, i) =>
          JSON.stringify({
            file_name: `photo of ${i === 0 ? 'a cat' : what}.jpg`,
            label: i === 0 ? 'animal' : 'thing',
          }),
        ),
      ),
    },
    expected: 'train animal 1 thing 2',
  },
  {
    name: 'a table with a column of row numbers, absolute paths, and the part in the names of its columns',
    reported: 'keras-team/keras-preprocessing#102',
    images: [...numbered(4, (i) => `Data/train/${i}.png`), ...numbered(2, (i) => `Data/test/${i}.png`)],
    texts: {
      'Data/train.csv': lines([
        ',train_samples,train_labels',
        ...numbered(4, (i) => `${i},/path/Data/train/${i}.png,${i % 2}`),
      ]),
      'Data/test.csv': lines([
        ',test_samples,test_labels',
        ...numbered(2, (i) => `${i},/path/Data/test/${i}.png,${i}`),
      ]),
    },
    expected: 'train 0 2 1 2 | test 0 1 1 1',
  },
  {
    name: 'class folders in a part, and a table with numbers for them',
    reported: 'fastai/fastai#1169',
    images: each(['n03706229', 'n01440764'], 2, (name, i) => `train/${name}/${name}_${i}.JPEG`),
    texts: {
      'train.csv': lines([
        'filenames,cats',
        ...each(['n03706229', 'n01440764'], 2, (name, i) => `${name}/${name}_${i}.JPEG,${name.length + i}`),
      ]),
    },
    expected: 'train n01440764 2 n03706229 2',
  },
  {
    name: 'one table of labels for images of which some were moved to test',
    reported: 'fastai/fastai#894',
    images: [...numbered(4, (i) => `folder/file${i}.jpg`), 'test/file4.jpg', 'test/file5.jpg'],
    texts: { 'labels.csv': lines(['name,label', ...numbered(6, (i) => `file${i},${i % 2 ? 'x' : 'y'}`)]) },
    expected: 'train x 2 y 2 | test x 1 y 1',
  },
  {
    name: 'lists of paths and class numbers, with blanks in the paths',
    reported: 'ultralytics/ultralytics#20460',
    images: numbered(6, (i) => `images/img ${i}.jpg`),
    texts: {
      'train.txt': lines(numbered(4, (i) => `images/img ${i}.jpg ${i % 2}`)),
      'val.txt': lines(numbered(2, (i) => `images/img ${4 + i}.jpg ${i % 2}`)),
    },
    expected: 'train 0 2 1 2 | validation 0 1 1 1',
  },
  {
    name: 'a hidden folder of a notebook among the class folders',
    reported: 'open-mmlab/mmpretrain#507',
    images: ['.ipynb_checkpoints/1-checkpoint.jpg', 'a/1.jpg', 'b/1.jpg'].map((file) => `train/${file}`),
    expected: 'train a 1 b 1',
  },
  {
    name: 'CelebA: many columns of -1 and 1, and parts as numbers',
    reported: 'd-li14/face-attribute-prediction#5, tensorflow/tensorflow#48755',
    images: numbered(6, (i) => `img_align_celeba/00000${i}.jpg`),
    texts: {
      'list_attr_celeba.csv': lines([
        'image_id,Male,Young',
        ...numbered(6, (i) => `00000${i}.jpg,${i % 2 ? 1 : -1},${i % 3 ? 1 : -1}`),
      ]),
      'list_eval_partition.csv': lines(['image_id,partition', ...numbered(6, (i) => `00000${i}.jpg,${i % 3}`)]),
    },
    expected:
      /list_attr_celeba\.csv names images, but has no column that is known to hold labels \(image_id, Male, Young; --label-column names it\)/,
    cures: [{ options: { labelColumn: 'Male' }, expected: 'train -1 3 1 3' }],
  },
  {
    name: 'ChestX-ray14: several labels in a cell, a table of boxes, and lists of the parts',
    reported: 'jrzech/reproduce-chexnet#2, sunlabuiuc/PyHealth#343',
    images: XRAYS.map((name, i) => `images_00${1 + (i % 2)}/images/${name}`),
    texts: {
      'Data_Entry_2017.csv': lines([
        'Image Index,Finding Labels,Follow-up #,Patient Age',
        ...XRAYS.map((name, i) => `${name},${['Mass', 'Nodule', 'Mass|Nodule'][i % 3]},0,58`),
      ]),
      'BBox_List_2017.csv': lines(['Image Index,Finding Label,Bbox [x,y,w,h],,,', `${XRAYS[2]},Mass,1,2,3,4,,,`]),
      'train_val_list.txt': lines(XRAYS.slice(0, 3)),
      'test_list.txt': lines(XRAYS.slice(3)),
    },
    expected: 'train Mass 1 Mass|Nodule 1 Nodule 1 | test Mass 1 Mass|Nodule 1 Nodule 1',
  },
  {
    name: 'PlantVillage: three versions of the data, each with all classes',
    reported: 'spMohanty/PlantVillage-Dataset#9',
    images: each(['color', 'grayscale', 'segmented'], 4, (version, i) => `data/${version}/Apple_${'abcd'[i]}/1.jpg`),
    expected:
      /color, grayscale, segmented all hold the same folders.*give the path of one of them, such as data\/color, or.*--label-from folders/,
    cures: [
      { path: 'data/color', expected: 'train Apple_a 1 Apple_b 1 Apple_c 1 Apple_d 1' },
      { options: { labelFrom: 'folders' }, expected: 'train color 4 grayscale 4 segmented 4' },
    ],
  },
];

/** `train cat 2 dog 1 | test cat 1`: the images of each class in each part. */
async function readParts(path: string, options: LoadOptions = {}): Promise<string> {
  const roles = await explainDataset(path, options);
  const parts = (['train', 'validation', 'test'] as const).map((part) => {
    const names = roles.flatMap((role) => (role.part === part ? [role.className ?? ''] : []));
    const counts = [...new Set(names)]
      .sort()
      .map((name) => `${name} ${names.filter((other) => other === name).length}`);
    return counts.length === 0 ? '' : `${part} ${counts.join(' ')}`;
  });
  return parts.filter((part) => part !== '').join(' | ');
}

async function make({ images, texts = {} }: Pick<ReportedLayout, 'images' | 'texts'>): Promise<string> {
  const folder = await temporaryFolder();
  for (const file of images) await writeIn(folder, file, '');
  for (const [file, text] of Object.entries(texts)) await writeIn(folder, file, text);
  return folder;
}

describe('layouts that people reported', () => {
  it.each(LAYOUTS)('$name ($reported)', async (layout) => {
    const folder = await make(layout);
    if (typeof layout.expected === 'string') expect(await readParts(folder)).toBe(layout.expected);
    else await expect(readParts(folder)).rejects.toThrow(layout.expected);
    for (const { options = {}, path = '', texts = {}, expected } of layout.cures ?? []) {
      for (const [file, text] of Object.entries(texts)) await writeIn(folder, file, text);
      expect(await readParts(join(folder, path), options)).toBe(expected);
    }
  });
});
